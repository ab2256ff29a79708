// A session to the test server on which types are tried: each value goes there as a parameter and comes back as a
// column, in binary, and is compared with what the server itself makes of a text.
// Used by the types_*_test.cpp beside it.
#pragma once

#include "tests/integration/postgres_fixture.hpp"
#include "tripool/core/codec/all.hpp"
#include "tripool/core/codec/type_catalogue.hpp"
#include "tripool/core/result/row.hpp"

#include <memory>
#include <string>
#include <vector>

namespace tripool::test {

/// An open session, and the moves of these tests.
struct types_session : open_session {
  /// Runs a statement and asks for binary; a failure is the test's.
  result ask(const std::string& sql, const std::vector<parameter>& parameters = {}) {
    auto x = session.run(sql, parameters, result_format::binary);
    INFO(sql << ": " << x.error.message << " " << x.error.detail);
    REQUIRE(x.what == wire_result::kind::complete);
    return std::move(x.rows);
  }

  /// The answer's only row.
  template <class T>
  T only(const std::string& sql, const std::vector<parameter>& parameters = {}) {
    auto out = ask(sql, parameters).template one<T>();
    INFO(sql << ": " << (out ? "" : out.error().message));
    REQUIRE(out);
    return std::move(*out);
  }

  /// The error of reading the answer's only row.
  template <class T>
  std::string failing(const std::string& sql, const std::vector<parameter>& parameters = {}) {
    const auto out = ask(sql, parameters).template one<T>();
    return out ? "read" : out.error().message;
  }

  /// The SQLSTATE with which a statement is refused; empty when it is not.
  std::string refusal(const std::string& sql, const std::vector<parameter>& parameters) {
    return session.run(sql, parameters, result_format::binary).error.sqlstate;
  }

  /// Learns the database's own types anew.
  void learn_types() {
    auto types = read_type_catalogue(ask(std::string{type_catalogue_text}));
    INFO((types ? "" : types.error().message));
    REQUIRE(types);
    session->use_types(std::make_shared<const type_catalogue>(std::move(*types)));
  }

  /// What a text is as a value of a type.
  template <class T>
  T read(const std::string& type, const std::string& text) {
    const auto rows = ask("select $1::text::" + type, {text});
    auto out = rows.one<std::tuple<T>>();
    INFO(type << " " << text << ": " << (out ? "" : out.error().message));
    REQUIRE(out);
    return std::get<0>(std::move(*out));
  }

  /// The error of reading a text as a value of a type.
  template <class T>
  std::string problem(const std::string& type, const std::string& text) {
    const auto out = ask("select $1::text::" + type + " as x", {text}).template one<std::tuple<T>>();
    return out ? "read" : out.error().message;
  }

  /// What the server says a value is, as its text; the type is the one that the parameter states.
  template <class T>
  std::string written(const T& x, const std::string& cast = "") {
    auto answer = session.run("select ($1" + cast + ")::text", {typed(x)});
    INFO(answer.error.message << " " << answer.error.detail);
    REQUIRE(answer.what == wire_result::kind::complete);
    REQUIRE(answer.rows.size() == 1);
    return std::string{answer.rows.raw(0, 0).value_or("NULL")};
  }

  /// A text is read as the value, and the value is written as the text; `type` may be followed by a typmod.
  template <class T>
  void same(const std::string& type, const std::string& text, const T& value) {
    INFO(type << " " << text);
    CHECK(read<T>(type, text) == value);
    CHECK(written(value, "::" + type) == text);
    const auto back = ask("select $1::" + type, {typed(value)}).template one<std::tuple<T>>();
    REQUIRE(back);
    CHECK(std::get<0>(*back) == value);
  }
};

} // namespace tripool::test
