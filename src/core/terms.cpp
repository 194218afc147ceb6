// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/terms.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/units.hpp"

namespace skyweft {
namespace {

enum class Op { number, name, add, subtract, multiply, divide, modulo, power, negate, call };

/// One step of a postfix program.
struct Step {
  Op op = Op::number;
  double number = 0.0;
  std::size_t index = 0;  ///< of the name or the function
};

struct Function {
  std::string_view name;
  double (*apply)(double);
};

constexpr std::array<Function, 8> kFunctions{{{"sin", [](double v) { return std::sin(v); }},
                                              {"cos", [](double v) { return std::cos(v); }},
                                              {"tan", [](double v) { return std::tan(v); }},
                                              {"sqrt", [](double v) { return std::sqrt(v); }},
                                              {"abs", [](double v) { return std::abs(v); }},
                                              {"log10", [](double v) { return std::log10(v); }},
                                              {"log", [](double v) { return std::log(v); }},
                                              {"exp", [](double v) { return std::exp(v); }}}};

using Program = std::vector<Step>;
using Monomial = std::vector<int>;  ///< power of each variable

double run(const Program& program, std::span<const double> values) {
  std::array<double, 32> stack{};
  std::size_t top = 0;
  const auto binary = [&](auto f) {
    stack[top - 2] = f(stack[top - 2], stack[top - 1]);
    --top;
  };
  for (const Step& s : program) {
    switch (s.op) {
      case Op::number:
        stack[top++] = s.number;
        break;
      case Op::name:
        stack[top++] = values[s.index];
        break;
      case Op::add:
        binary([](double a, double b) { return a + b; });
        break;
      case Op::subtract:
        binary([](double a, double b) { return a - b; });
        break;
      case Op::multiply:
        binary([](double a, double b) { return a * b; });
        break;
      case Op::divide:
        binary([](double a, double b) { return a / b; });
        break;
      case Op::modulo:
        binary([](double a, double b) { return a - b * std::floor(a / b); });
        break;
      case Op::power:
        binary([](double a, double b) { return std::pow(a, b); });
        break;
      case Op::negate:
        stack[top - 1] = -stack[top - 1];
        break;
      case Op::call:
        stack[top - 1] = kFunctions[s.index].apply(stack[top - 1]);
        break;
    }
  }
  return stack[0];
}

double whole_power(double base, int power) {
  double out = 1.0;
  for (int i = 0; i < power; ++i) out *= base;
  return out;
}

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

}  // namespace

struct Terms::Parsed {
  std::string text;
  std::vector<std::string> names;
  std::vector<Program> variables;
  std::vector<std::string> variable_texts;
  std::vector<Monomial> terms;  ///< powers over `variables`
  std::vector<std::string> labels;
};

namespace {

constexpr std::size_t kMaxTerms = 10000;
constexpr std::size_t kMaxVariables = 100;
constexpr std::size_t kMaxDepth = 24;

template <class Parsed>
class Parser {
 public:
  explicit Parser(Parsed& to) : to_(to), text_(to.text) {}

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
    Program program;
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

  void parse_sum(Program& p, std::size_t depth) {
    parse_factor_list(p, depth);
    for (;;) {
      if (accept('+')) {
        parse_factor_list(p, depth + 1);
        p.push_back({.op = Op::add});
      } else if (accept('-')) {
        parse_factor_list(p, depth + 1);
        p.push_back({.op = Op::subtract});
      } else {
        return;
      }
    }
  }

  void parse_factor_list(Program& p, std::size_t depth) {
    parse_power(p, depth);
    for (;;) {
      Op op{};
      if (accept('*'))
        op = Op::multiply;
      else if (accept('/'))
        op = Op::divide;
      else if (accept('%'))
        op = Op::modulo;
      else
        return;
      parse_power(p, depth + 1);
      p.push_back({.op = op});
    }
  }

  void parse_power(Program& p, std::size_t depth) {
    parse_atom(p, depth);
    if (accept('^')) {
      parse_power(p, depth + 1);
      p.push_back({.op = Op::power});
    }
  }

  void parse_atom(Program& p, std::size_t depth) {
    if (depth > kMaxDepth) fail("too deeply nested");
    if (accept('-')) {
      parse_power(p, depth + 1);
      p.push_back({.op = Op::negate});
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
      p.push_back({.op = Op::number, .number = value});
      return;
    }
    if (!std::isalpha(static_cast<unsigned char>(c)) && c != '_') fail("expression expected");
    const std::size_t begin = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) || text_[at_] == '_'))
      ++at_;
    const std::string_view word = std::string_view{text_}.substr(begin, at_ - begin);
    if (accept('(')) {
      const auto f = std::ranges::find(kFunctions, word, &Function::name);
      if (f == kFunctions.end()) fail(fmt::format("unknown function {}", word));
      parse_sum(p, depth + 1);
      if (!accept(')')) fail("expected )");
      p.push_back({.op = Op::call, .index = static_cast<std::size_t>(f - kFunctions.begin())});
      return;
    }
    if (word == "pi") {
      p.push_back({.op = Op::number, .number = kPi});
      return;
    }
    auto known = std::ranges::find(to_.names, word);
    if (known == to_.names.end()) {
      to_.names.emplace_back(word);
      known = to_.names.end() - 1;
    }
    p.push_back({.op = Op::name, .index = static_cast<std::size_t>(known - to_.names.begin())});
  }

  Parsed& to_;
  const std::string text_;
  std::size_t at_ = 0;
};

}  // namespace

Terms Terms::parse(std::string_view text) {
  auto parsed = std::make_shared<Parsed>();
  parsed->text = std::string{text};
  Parser{*parsed}.parse();
  if (parsed->terms.empty())
    throw Error{
        Errc::bad_config,
        fmt::format("fit terms \"{}\" name no term; use O0{{}} for a constant alone", text)};
  for (const Monomial& m : parsed->terms) {
    std::string label;
    for (std::size_t v = 0; v < m.size(); ++v) {
      if (m[v] == 0) continue;
      if (!label.empty()) label += '*';
      const std::string& source = parsed->variable_texts[v];
      const bool plain =
          std::ranges::all_of(source, [](unsigned char c) { return std::isalnum(c) || c == '_'; });
      label += plain ? source : fmt::format("({})", source);
      if (m[v] > 1) label += fmt::format("^{}", m[v]);
    }
    parsed->labels.push_back(label.empty() ? "1" : label);
  }
  Terms out;
  out.parsed_ = std::move(parsed);
  return out;
}

std::int64_t Terms::n_term() const noexcept {
  return static_cast<std::int64_t>(parsed_->terms.size());
}
const std::vector<std::string>& Terms::names() const noexcept {
  return parsed_->names;
}
const std::vector<std::string>& Terms::labels() const noexcept {
  return parsed_->labels;
}
const std::string& Terms::text() const noexcept {
  return parsed_->text;
}
bool Terms::has_constant() const noexcept {
  return std::ranges::find(parsed_->labels, "1") != parsed_->labels.end();
}

void Terms::evaluate(std::span<const double> values, std::span<double> out) const {
  std::vector<double> variables(parsed_->variables.size());
  for (std::size_t v = 0; v < variables.size(); ++v)
    variables[v] = run(parsed_->variables[v], values);
  for (std::size_t t = 0; t < parsed_->terms.size(); ++t) {
    double product = 1.0;
    for (std::size_t v = 0; v < variables.size(); ++v)
      if (const int power = parsed_->terms[t][v]; power > 0)
        product *= whole_power(variables[v], power);
    out[t] = product;
  }
}

Eigen::MatrixXd Terms::design(std::span<const std::span<const double>> columns,
                              std::int64_t n_point) const {
  Eigen::Matrix<double, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor> rows(n_point, n_term());
  std::vector<double> values(columns.size());
  for (std::int64_t i = 0; i < n_point; ++i) {
    for (std::size_t c = 0; c < columns.size(); ++c)
      values[c] = columns[c][static_cast<std::size_t>(i)];
    evaluate(values, {rows.data() + i * n_term(), static_cast<std::size_t>(n_term())});
  }
  return rows;
}

}  // namespace skyweft
