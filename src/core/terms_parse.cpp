// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/terms_program.hpp"
#include "core/units.hpp"

namespace skyweft::detail {
namespace {

/// (n_variable + degree − 1 over degree); exact while below 2^53, and it only grows with either.
double n_monomial(std::size_t n_variable, int degree) {
  double out = 1.0;
  for (int d = 1; d <= degree; ++d) out = out * (static_cast<double>(n_variable) + d - 1.0) / d;
  return out;
}

/// All monomials of n_variable variables with exactly `degree`, first variable's power decreasing.
void monomials_of_degree(std::size_t n_variable, int degree, Monomial& prefix,
                         std::vector<Monomial>& out) {
  if (prefix.size() + 1 == n_variable) {
    prefix.push_back(degree);
    out.push_back(prefix);
    prefix.pop_back();
    return;
  }
  for (int power = degree; power >= 0; --power) {
    prefix.push_back(power);
    monomials_of_degree(n_variable, degree - power, prefix, out);
    prefix.pop_back();
  }
}

constexpr std::size_t kMaxTerms = 10000;
constexpr std::size_t kMaxVariables = 100;
constexpr std::size_t kMaxDepth = 24;

class Parser {
 public:
  explicit Parser(ParsedTerms& to) : to_(to), text_(to.text) {}

  void parse() {
    auto all = parse_union();
    skip();
    if (at_ != text_.size()) fail("unexpected text");
    for (Monomial& m : all) m.resize(to_.variables.size(), 0);
    to_.terms = std::move(all);
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Error{
        Errc::bad_config,
        fmt::format("fit terms \"{}\": {} at character {}; an example is O2{{x,y}} + O1{{colour}}",
                    text_, what, at_ + 1)};
  }
  void skip() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
  }
  bool accept(char c) {
    skip();
    if (at_ >= text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }

  static bool is_constant(const Monomial& m) {
    return std::ranges::all_of(m, [](int p) { return p == 0; });
  }

  std::vector<Monomial> parse_union() {
    auto left = parse_product();
    while (accept('+')) {
      auto right = parse_product();
      if (!right.empty() && is_constant(right.front())) right.erase(right.begin());
      if (left.size() + right.size() > kMaxTerms) fail("too many terms");
      left.insert(left.end(), right.begin(), right.end());
    }
    return left;
  }

  std::vector<Monomial> parse_product() {
    auto left = parse_set();
    while (accept('*')) {
      const auto right = parse_set();
      if (left.size() * right.size() > kMaxTerms) fail("too many terms");
      std::vector<Monomial> out;
      for (const auto& b : right)
        for (const auto& a : left) {
          Monomial m(to_.variables.size(), 0);
          for (std::size_t i = 0; i < a.size(); ++i) m[i] += a[i];
          for (std::size_t i = 0; i < b.size(); ++i) m[i] += b[i];
          out.push_back(std::move(m));
        }
      left = std::move(out);
    }
    return left;
  }

  std::vector<Monomial> parse_set() {
    skip();
    std::optional<int> degree;
    if (at_ < text_.size() && (text_[at_] == 'O' || text_[at_] == 'o')) {
      ++at_;
      if (at_ >= text_.size() || !std::isdigit(static_cast<unsigned char>(text_[at_])))
        fail("a digit must follow O");
      degree = text_[at_++] - '0';
    }
    if (!accept('{')) fail("expected {");
    std::vector<std::size_t> variables;
    if (!accept('}')) {
      do variables.push_back(parse_variable());
      while (accept(','));
      if (!accept('}')) fail("expected , or }");
    }
    std::vector<Monomial> out;
    if (!degree) {
      for (const std::size_t v : variables) {
        Monomial m(to_.variables.size(), 0);
        m[v] = 1;
        out.push_back(std::move(m));
      }
      return out;
    }
    for (int d = 0; d <= *degree; ++d) {
      if (variables.empty()) {
        if (d == 0) out.emplace_back(to_.variables.size(), 0);
        continue;
      }
      if (static_cast<double>(out.size()) + n_monomial(variables.size(), d) > kMaxTerms)
        fail("too many terms");
      std::vector<Monomial> local;
      Monomial prefix;
      monomials_of_degree(variables.size(), d, prefix, local);
      for (const auto& l : local) {
        Monomial m(to_.variables.size(), 0);
        for (std::size_t i = 0; i < variables.size(); ++i) m[variables[i]] += l[i];
        out.push_back(std::move(m));
      }
    }
    return out;
  }

  /// Returns the index of the variable, shared with an equal expression seen before.
  std::size_t parse_variable() {
    skip();
    const std::size_t begin = at_;
    TermProgram program;
    parse_sum(program, 0);
    std::string source{text_.substr(begin, at_ - begin)};
    std::erase_if(source, [](unsigned char c) { return std::isspace(c); });
    const auto known = std::ranges::find(to_.variable_texts, source);
    if (known != to_.variable_texts.end())
      return static_cast<std::size_t>(known - to_.variable_texts.begin());
    if (to_.variables.size() == kMaxVariables) fail("too many variables");
    to_.variables.push_back(std::move(program));
    to_.variable_texts.push_back(std::move(source));
    return to_.variables.size() - 1;
  }

  void parse_sum(TermProgram& p, std::size_t depth) {
    parse_factor_list(p, depth);
    for (;;) {
      if (accept('+')) {
        parse_factor_list(p, depth + 1);
        p.push_back({.op = TermOp::add});
      } else if (accept('-')) {
        parse_factor_list(p, depth + 1);
        p.push_back({.op = TermOp::subtract});
      } else {
        return;
      }
    }
  }

  void parse_factor_list(TermProgram& p, std::size_t depth) {
    parse_power(p, depth);
    for (;;) {
      TermOp op{};
      if (accept('*'))
        op = TermOp::multiply;
      else if (accept('/'))
        op = TermOp::divide;
      else if (accept('%'))
        op = TermOp::modulo;
      else
        return;
      parse_power(p, depth + 1);
      p.push_back({.op = op});
    }
  }

  void parse_power(TermProgram& p, std::size_t depth) {
    parse_atom(p, depth);
    if (accept('^')) {
      parse_power(p, depth + 1);
      p.push_back({.op = TermOp::power});
    }
  }

  void parse_atom(TermProgram& p, std::size_t depth) {
    if (depth > kMaxDepth) fail("too deeply nested");
    if (accept('-')) {
      parse_power(p, depth + 1);
      p.push_back({.op = TermOp::negate});
      return;
    }
    if (accept('(')) {
      parse_sum(p, depth + 1);
      if (!accept(')')) fail("expected )");
      return;
    }
    skip();
    if (at_ >= text_.size()) fail("expression expected");
    const char c = text_[at_];
    if (std::isdigit(static_cast<unsigned char>(c)) || c == '.') {
      double value = 0.0;
      const auto [end, ec] =
          std::from_chars(text_.data() + at_, text_.data() + text_.size(), value);
      if (ec != std::errc{}) fail("bad number");
      at_ = static_cast<std::size_t>(end - text_.data());
      p.push_back({.op = TermOp::number, .number = value});
      return;
    }
    if (!std::isalpha(static_cast<unsigned char>(c)) && c != '_') fail("expression expected");
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    const std::string_view word = std::string_view{text_}.substr(begin, at_ - begin);
    if (accept('(')) {
      parse_call(p, depth, word);
      return;
    }
    if (word == "pi") {
      p.push_back({.op = TermOp::number, .number = kPi});
      return;
    }
    auto known = std::ranges::find(to_.names, word);
    if (known == to_.names.end()) {
      to_.names.emplace_back(word);
      known = to_.names.end() - 1;
    }
    p.push_back({.op = TermOp::name, .index = static_cast<std::size_t>(known - to_.names.begin())});
  }

  void parse_call(TermProgram& p, std::size_t depth, std::string_view word) {
    const auto f = std::ranges::find(kTermFunctions, word, &TermFunction::name);
    if (f == kTermFunctions.end()) fail(fmt::format("unknown function {}", word));
    parse_sum(p, depth + 1);
    if (f->takes_several) {
      if (!accept(',')) fail("expected , and a second argument");
      do {
        parse_sum(p, depth + 2);
        p.push_back({.op = f->op});
      } while (accept(','));
    } else {
      p.push_back({.op = f->op});
    }
    if (!accept(')')) fail("expected )");
  }

  ParsedTerms& to_;
  const std::string text_;
  std::size_t at_ = 0;
};

}  // namespace

void parse_terms(ParsedTerms& to) {
  Parser{to}.parse();
}

}  // namespace skyweft::detail
