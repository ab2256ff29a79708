// The questions that were written for the corpus, each with the pages that answer it, and how well a ranking finds
// them.
// Plain functions. Knows no database and no actor. Used by the commands.
#pragma once

#include "rag/passage.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <vector>

namespace rag {

/// A question and where its answer stands.
struct question {
  std::string text;
  std::vector<std::string> pages; ///< Each of them answers it.
};

/// Reads a file in which each question is a line, and the pages that answer it are one below, indented, with blanks
/// between; empty lines and those that begin with # are left out. Throws std::runtime_error, which names file and line.
std::vector<question> read_questions(const std::filesystem::path& file);

/// All pages that some question names, sorted, each once.
std::vector<std::string> pages_of(const std::vector<question>& all);

/// The place of the first passage from one of the question's pages, from 1; 0 when there is none.
std::size_t place_of_answer(const question& asked, const std::vector<passage>& found);

/// How well the answers to many questions were found.
struct quality {
  std::size_t questions = 0;
  std::size_t in_first_five = 0;
  double reciprocal_places = 0;

  void add(std::size_t place) noexcept;
  /// The share of questions whose answer is among the first five passages.
  double recall() const noexcept;
  /// The mean of 1 / place, 0 where nothing was found.
  double mean_reciprocal_rank() const noexcept;
};

} // namespace rag
