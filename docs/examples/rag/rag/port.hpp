// The port of the example's heart: where passages are kept and found, as messages. Ingesters, questions and commands
// know this file; what answers is an actor that knows a database (rag_adapter.hpp), or another one in its place.
// Each message says its reply. Errors: a refusal, got out of caf::error by `refusal_of`.
#pragma once

#include "rag/passage.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/error.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rag {

/// Why there is no answer.
struct refusal {
  std::string text;   ///< For people.
  bool later = false; ///< The same may succeed later: the store could not be reached, or not in time.
};

caf::error make_error(refusal x);
/// Errors of CAF itself (the store's actor has ended, its answer did not come) are judged, too.
refusal refusal_of(const caf::error& x);

/// Longer than the store itself takes for any answer: the bound of `request` for those who ask it.
inline constexpr std::chrono::minutes answer_limit{4};

/// How vectors are kept.
enum class vector_kind {
  automatic, ///< By pgvector where the server has it, else plain.
  plain,     ///< As arrays, compared by a function in SQL.
  pgvector,  ///< By the extension, with an HNSW index.
};

/// Makes what is missing in the store. Harmless when nothing is. Reply: store_opened.
struct open_store {
  std::string model; ///< The embedder's name: a store has vectors of one only.
  std::size_t dimensions = 0;
  vector_kind kind = vector_kind::automatic;
};
struct store_opened {
  bool by_pgvector = false;
};

/// Keeps what an embedder has learned, unless there is something already. Reply: kept_model, with what is kept now.
struct keep_model {
  std::string model;
  std::string data;
};
/// Asks for it. Reply: kept_model.
struct get_model {
  std::string model;
};
struct kept_model {
  std::optional<std::string> data;
};

/// Asks what is stored. Reply: stored_pages.
struct list_stored {};
struct stored_pages {
  std::map<std::string, std::string> hashes; ///< By the page's name: of the content that is stored.
};

/// Replaces a page as a whole, exactly once for its token. Reply: page_stored.
struct store_page {
  page what;
  std::vector<float> vectors; ///< One after the other, for each chunk.
  std::string hash;
  std::string token; ///< A name that this writing has for ever.
};
struct page_stored {
  bool again = false; ///< An earlier sending had done it.
};

/// Removes pages. Reply: pages_removed.
struct remove_pages {
  std::vector<std::string> files;
};
struct pages_removed {};

/// Asks for the best passages. Reply: found_passages, best first.
struct find_passages {
  std::string question;
  std::vector<float> vector;
  ranking by = ranking::fused;
  std::size_t limit = 5;
};
struct found_passages {
  std::vector<passage> passages;
};

/// Counts what is stored, where it is written. Reply: stock.
struct take_stock {};
struct stock {
  std::map<std::string, std::string> hashes; ///< As in stored_pages.
  std::int64_t chunks = 0;
  std::int64_t twice = 0;   ///< Chunks whose file, path, anchor and text another chunk has as well.
  std::int64_t missing = 0; ///< Chunks that their pages should have, and have not.
};

} // namespace rag

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::refusal)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::open_store)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::store_opened)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::keep_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::get_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::kept_model)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::list_stored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::stored_pages)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::store_page)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::page_stored)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::remove_pages)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::pages_removed)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::find_passages)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::found_passages)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::take_stock)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(rag::stock)
