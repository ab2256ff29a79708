// The statements by which passages are stored and found. Of PostgreSQL: full-text search, arrays, and pgvector where
// it is installed; vectors are sent as real[] either way.
// Knows no actor. Used by the adapter.
#pragma once

#include <string>
#include <vector>

namespace rag::queries {

/// Whether the server has pgvector to offer. One row, one bool.
inline constexpr auto offers_pgvector = "select exists (select from pg_available_extensions where name = 'vector')";

/// What makes schema, tables and indexes where they do not exist, in their order.
std::vector<std::string> schema(std::size_t dimensions, bool by_pgvector);

/// Whether the store's vectors are pgvector's, and of what length arrays must be. One row: a bool, the model's name.
inline constexpr auto describe_store =
  "select (select atttypid from pg_attribute where attrelid = 'rag.chunks'::regclass and attname = 'embedding')"
  " <> 'real[]'::regtype, (select model from rag.store), (select dimensions from rag.store)";

/// Parameters: model, dimensions.
inline constexpr auto claim_store =
  "insert into rag.store (one, model, dimensions) values (true, $1, $2) on conflict do nothing";

/// Parameters: model, data.
inline constexpr auto keep_model = "insert into rag.models (name, data) values ($1, $2) on conflict do nothing";
inline constexpr auto get_model = "select data from rag.models where name = $1";

inline constexpr auto list_pages = "select file, hash from rag.pages";

/// Parameters: file. Its chunks go with it.
inline constexpr auto delete_page = "delete from rag.pages where file = $1";
inline constexpr auto delete_pages = "delete from rag.pages where file = any ($1::text[])";
/// Parameters: file, title, hash, number of chunks.
inline constexpr auto insert_page = "insert into rag.pages (file, title, hash, chunks) values ($1, $2, $3, $4)";
/// Parameters: file, anchors, paths, bodies, all vectors in one array, dimensions; without pgvector also the vectors'
/// signs, as texts of bits.
std::string insert_chunks(bool by_pgvector);

/// Both find the best passage of each page, so that five passages are five pages. Rows: file, anchor, path, body,
/// score; best first.
/// Parameters: question, limit. Any of the question's words counts, and a word in the titles more than one below them.
inline constexpr auto find_by_text =
  "with asked as (select replace(plainto_tsquery('english', $1)::text, '&', '|')::tsquery as words),"
  " best as (select distinct on (file) file, number,"
  "   ts_rank('{0.3, 0.3, 0.4, 1}', c.words, asked.words)::float8 as score"
  "   from rag.chunks c, asked where c.words @@ asked.words order by file, score desc, number)"
  " select file, anchor, path, body, score"
  " from (select * from best order by score desc, file limit $2) as x join rag.chunks using (file, number)"
  " order by score desc, file";
/// Parameters: vector, limit; without pgvector also the vector's signs, and where it is far from zero, as texts of
/// bits: the passages are looked over by their signs, a few bytes each, and only the 300 that agree best are compared
/// in full.
std::string find_by_vector(bool by_pgvector);

/// One row: chunks, chunks that are there twice, chunks that are missing.
inline constexpr auto take_stock =
  "select (select count(*) from rag.chunks),"
  " (select count(*) - count(distinct (file, anchor, path, body)) from rag.chunks),"
  " (select coalesce(sum(chunks), 0)::bigint from rag.pages) - (select count(*) from rag.chunks)";

} // namespace rag::queries
