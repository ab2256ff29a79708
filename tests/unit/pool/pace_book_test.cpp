// Texts prove their pace, and lose it.
#include "tests/support/catch.hpp"
#include "tripool/core/pool/pace_book.hpp"

#include <string>

using namespace tripool;

TEST_CASE("A text is quick once it has been, and again after it was slow only after several times") {
  pace_book book;
  const auto key = pace_key_of("select 1");
  CHECK(!book.quick(key));
  book.was_quick(key);
  CHECK(book.quick(key));
  book.was_slow(key);
  for (int i = 1; i < pace_book::quick_after_slow; ++i) {
    book.was_quick(key);
    CHECK(!book.quick(key));
  }
  book.was_quick(key);
  CHECK(book.quick(key));
}

TEST_CASE("A text that ran with a slow one has to prove itself once more") {
  pace_book book;
  const auto key = pace_key_of("select 1");
  book.was_unclear(key);
  CHECK(!book.quick(key));
  book.was_quick(key);
  book.was_unclear(key);
  CHECK(!book.quick(key));
  book.was_quick(key);
  CHECK(book.quick(key));
}

TEST_CASE("A slow text stays slow whatever else is unclear") {
  pace_book book;
  const auto key = pace_key_of("select pg_sleep(1)");
  book.was_slow(key);
  book.was_unclear(key);
  book.was_quick(key);
  CHECK(!book.quick(key));
}

TEST_CASE("The book is bounded: what was displaced is unproven, never wrongly quick") {
  pace_book book{4};
  for (int i = 0; i < 100; ++i) book.was_quick(pace_key_of("select " + std::to_string(i)));
  int quick = 0;
  for (int i = 0; i < 100; ++i) quick += book.quick(pace_key_of("select " + std::to_string(i)));
  CHECK(quick >= 1);
  CHECK(quick <= 4);
}

TEST_CASE("A batch's key depends on its texts and their order") {
  const auto key = [](const char* a, const char* b) { return pace_key_of(b, pace_key_of(a)); };
  CHECK(key("a", "b") == key("a", "b"));
  CHECK(key("a", "b") != key("b", "a"));
  CHECK(key("a", "b") != pace_key_of("b"));
}
