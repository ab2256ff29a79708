// Reads pages of the PostgreSQL manual (DocBook's HTML) and cuts them into chunks by their sections. HTML is parsed by
// gumbo, which reads anything that a browser does.
// Knows no database and no vectors. Used by the ingesters and the commands.
#pragma once

#include "rag/passage.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace rag {

/// A chunk that has grown to so many bytes ends with the paragraph, row or item that it is in.
inline constexpr std::size_t chunk_bytes = 1400;
/// A single block of text that is longer than this is cut at white space.
inline constexpr std::size_t block_bytes_max = 4000;

/// Cuts a page. Sections, and entries of lists that can be linked to (such as a setting), begin a chunk of their own.
/// Navigation, tables of contents and index marks are left out. Anything is a page; one without text has no chunks.
page read_page(std::string file, std::string_view html);

/// The names of the pages in a folder, sorted, without the book's index, which holds words and no answers. Throws
/// std::runtime_error, which says what to install, when the folder has none.
std::vector<std::string> list_pages(const std::filesystem::path& folder);

/// The content of one page. Throws std::runtime_error when it cannot be read.
page load_page(const std::filesystem::path& folder, const std::string& file);

/// The pages that are taken of a list: all when `every` is 1, else each `every`-th and all of `always`.
std::vector<std::string> sample(const std::vector<std::string>& files, std::size_t every,
                                const std::vector<std::string>& always);

} // namespace rag
