// The statements that depend on how vectors are kept.
#include "rag/queries.hpp"

namespace rag::queries {

std::vector<std::string> schema(std::size_t dimensions, bool by_pgvector) {
  const auto size = std::to_string(dimensions);
  std::vector<std::string> out{
    "create schema if not exists rag",
    "create table if not exists rag.store ("
    " one boolean primary key check (one), model text not null, dimensions int not null)",
    "create table if not exists rag.models (name text primary key, data bytea not null)",
    "create table if not exists rag.pages ("
    " file text primary key, title text not null, hash text not null, chunks int not null,"
    " stored timestamptz not null default now())",
    "create table if not exists rag.chunks ("
    " file text not null references rag.pages on delete cascade, number int not null,"
    " anchor text not null, path text not null, body text not null,"
    " words tsvector generated always as (setweight(to_tsvector('english', path), 'A') ||"
    "   setweight(to_tsvector('english', body), 'D')) stored,"
    " embedding "
      + (by_pgvector ? "vector(" + size + ")" : "real[] not null, signs bit(" + size + ")")
      + " not null, primary key (file, number))",
    "create index if not exists chunks_words on rag.chunks using gin (words)",
  };
  if (by_pgvector) {
    out.push_back("create index if not exists chunks_embedding on rag.chunks using hnsw (embedding vector_cosine_ops)");
  } else {
    // Of vectors of length 1 this is the cosine of the angle between them.
    out.push_back("create or replace function rag.resemblance(a real[], b real[]) returns float8"
                  " language sql immutable strict parallel safe"
                  " return (select sum(x.a * x.b) from unnest(a, b) as x (a, b))");
  }
  return out;
}

std::string insert_chunks(bool by_pgvector) {
  const std::string vector = "($5::real[])[(n - 1) * $6::int + 1 : n * $6::int]";
  if (by_pgvector) {
    return "insert into rag.chunks (file, number, anchor, path, body, embedding)"
           " select $1, n, anchor, path, body, ("
           + vector
           + ")::vector"
             " from unnest($2::text[], $3::text[], $4::text[]) with ordinality as x (anchor, path, body, n)";
  }
  return "insert into rag.chunks (file, number, anchor, path, body, embedding, signs)"
         " select $1, n, anchor, path, body, "
         + vector
         + ", signs::varbit"
           " from unnest($2::text[], $3::text[], $4::text[], $7::text[]) with ordinality"
           " as x (anchor, path, body, signs, n)";
}

std::string find_by_vector(bool by_pgvector) {
  const std::string near =
    by_pgvector ? "select file, number, 1 - (embedding <=> $1::real[]::vector) as score from rag.chunks"
                  " order by embedding <=> $1::real[]::vector limit 40" // What the index looks at by default.
                : "select file, number, rag.resemblance(embedding, $1::real[]) as score from rag.chunks"
                  " join (select file, number from rag.chunks"
                  "   order by bit_count((signs # $3::text::varbit) & $4::text::varbit), file, number limit 300) as x"
                  " using (file, number)";
  return "with near as (" + near
         + "), best as (select distinct on (file) file, number, score from near order by file, score desc, number)"
           " select file, anchor, path, body, score"
           " from (select * from best order by score desc, file limit $2) as x join rag.chunks using (file, number)"
           " order by score desc, file";
}

} // namespace rag::queries
