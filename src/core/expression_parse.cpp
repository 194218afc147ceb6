// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/expression_tree.hpp"
#include "core/fields.hpp"
#include "core/units.hpp"

namespace skyweft::detail {
namespace {

using Op = ExpressionOp;
using Node = std::size_t;  ///< its index

constexpr std::size_t kMaxCharacters = 4096;
constexpr std::size_t kMaxNodes = 1000;
constexpr int kMaxDepth = 64;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool starts_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
bool in_word(char c) {
  return starts_word(c) || is_digit(c);
}

class Parser {
 public:
  explicit Parser(ExpressionTree& tree) : tree_(tree), text_(tree.text) {}

  void parse() {
    if (text_.size() > kMaxCharacters) fail("more than 4096 characters");
    parse_or(0);
    skip();
    if (at_ != text_.size()) fail(hint());
  }

 private:
  [[noreturn]] void fail(std::string_view what) const {
    throw Error{Errc::bad_config, fmt::format("expression \"{}\": {} at character {}",
                                              shown(text_, 200), what, at_ + 1)};
  }

  /// What to say about text that goes on where nothing fits.
  std::string hint() const {
    const std::string_view rest = text_.substr(at_);
    for (const auto& [wrong, right] : std::to_array<std::pair<std::string_view, std::string_view>>(
             {{"=", "=="}, {"&", "and"}, {"|", "or"}, {"!", "not"}, {"<>", "!="}, {"**", "^"}}))
      if (rest.starts_with(wrong)) return fmt::format("{} is written {}", wrong, right);
    for (const std::string_view sign : {"<", ">", "=="})
      if (rest.starts_with(sign)) return "comparisons do not chain; join them with and";
    return "unexpected text";
  }

  void skip() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
  }

  bool accept(std::string_view sign) {
    skip();
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    return true;
  }

  std::string_view word_ahead() {
    skip();
    std::size_t end = at_;
    if (end < text_.size() && starts_word(text_[end]))
      while (end < text_.size() && in_word(text_[end])) ++end;
    return text_.substr(at_, end - at_);
  }

  bool accept_word(std::string_view word) {
    if (word_ahead() != word) return false;
    at_ += word.size();
    return true;
  }

  Node add(ExpressionNode node) {
    for (const Node operand : node.operands)
      node.height = std::max(node.height, tree_.nodes[operand].height + 1);
    if (node.height > kMaxDepth) fail("too deeply nested (more than 64 levels)");
    if (tree_.nodes.size() >= kMaxNodes) fail("more than 1000 operations");
    tree_.nodes.push_back(std::move(node));
    return tree_.nodes.size() - 1;
  }

  Node add(Op op, std::vector<Node> operands) {
    return add(ExpressionNode{.op = op, .operands = std::move(operands)});
  }

  Node literal(Value value) { return add(ExpressionNode{.literal = std::move(value)}); }

  Node name(std::string_view word, Op op) {
    auto known = std::ranges::find(tree_.names, word);
    if (known == tree_.names.end()) {
      tree_.names.emplace_back(word);
      known = tree_.names.end() - 1;
    }
    return add(
        ExpressionNode{.op = op, .index = static_cast<std::size_t>(known - tree_.names.begin())});
  }

  Node parse_or(int depth) {
    if (depth > kMaxDepth) fail("too deeply nested (more than 64 levels)");
    Node left = parse_and(depth);
    while (accept_word("or")) left = add(Op::logical_or, {left, parse_and(depth)});
    return left;
  }

  Node parse_and(int depth) {
    Node left = parse_not(depth);
    while (accept_word("and")) left = add(Op::logical_and, {left, parse_not(depth)});
    return left;
  }

  Node parse_not(int depth) {
    if (depth > kMaxDepth) fail("too deeply nested (more than 64 levels)");
    if (accept_word("not")) return add(Op::logical_not, {parse_not(depth + 1)});
    return parse_comparison(depth);
  }

  Node parse_comparison(int depth) {
    const Node left = parse_coalesce(depth);
    for (const Op op :
         {Op::equal, Op::not_equal, Op::less_equal, Op::greater_equal, Op::less, Op::greater})
      if (accept(name_of(op))) return add(op, {left, parse_coalesce(depth)});
    return left;
  }

  Node parse_coalesce(int depth) {
    const Node left = parse_sum(depth);
    if (!accept("??")) return left;
    if (depth > kMaxDepth) fail("too deeply nested (more than 64 levels)");
    return add(Op::coalesce, {left, parse_coalesce(depth + 1)});
  }

  Node parse_sum(int depth) {
    Node left = parse_product(depth);
    for (;;) {
      if (accept("+"))
        left = add(Op::add, {left, parse_product(depth)});
      else if (accept("-"))
        left = add(Op::subtract, {left, parse_product(depth)});
      else
        return left;
    }
  }

  Node parse_product(int depth) {
    Node left = parse_unary(depth);
    for (;;) {
      if (accept("*"))
        left = add(Op::multiply, {left, parse_unary(depth)});
      else if (accept("/"))
        left = add(Op::divide, {left, parse_unary(depth)});
      else if (accept("%"))
        left = add(Op::modulo, {left, parse_unary(depth)});
      else
        return left;
    }
  }

  Node parse_unary(int depth) {
    if (depth > kMaxDepth) fail("too deeply nested (more than 64 levels)");
    if (accept("-")) return add(Op::negate, {parse_unary(depth + 1)});
    const Node base = parse_atom(depth);
    if (!accept("^")) return base;
    return add(Op::power, {base, parse_unary(depth + 1)});
  }

  Node parse_atom(int depth) {
    skip();
    if (at_ >= text_.size()) fail("a value is missing");
    const char c = text_[at_];
    if (accept("(")) {
      const Node inner = parse_or(depth + 1);
      if (!accept(")")) fail("expected )");
      return inner;
    }
    if (is_digit(c) || c == '.') return parse_number();
    if (c == '\'' || c == '"') return parse_text(c);
    const std::string_view word = word_ahead();
    if (word.empty() || word == "and" || word == "or") fail("a value is missing");
    const std::size_t begin = at_;
    at_ += word.size();
    if (accept("(")) return parse_call(word, begin, depth);
    return word == "pi" ? literal(kPi) : name(word, Op::name);
  }

  Node parse_number() {
    double value = 0.0;
    const char* const end = text_.data() + text_.size();
    const auto [stop, code] = std::from_chars(text_.data() + at_, end, value);
    if (code != std::errc{} || (stop != end && (in_word(*stop) || *stop == '.')))
      fail("bad number");
    at_ = static_cast<std::size_t>(stop - text_.data());
    return literal(value);
  }

  Node parse_text(char quote) {
    const std::size_t end = text_.find(quote, at_ + 1);
    if (end == std::string_view::npos) fail("a text is not closed");
    const std::string_view inside = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return literal(std::string{inside});
  }

  Node parse_call(std::string_view word, std::size_t begin, int depth) {
    if (word == "defined") {
      const std::string_view key = word_ahead();
      if (key.empty()) fail("defined() needs a name");
      at_ += key.size();
      if (!accept(")")) fail("expected )");
      return name(key, Op::defined);
    }
    const auto functions = expression_functions();
    const auto function = std::ranges::find(functions, word, &ExpressionFunction::name);
    const bool chooses = word == "if";
    if (!chooses && function == functions.end()) unknown_function(word, begin);
    std::vector<Node> operands;
    if (!accept(")")) {
      do operands.push_back(parse_or(depth + 1));
      while (accept(","));
      if (!accept(")")) fail("expected , or )");
    }
    const std::size_t least = chooses ? 3 : function->least;
    const std::size_t most = chooses ? 3 : function->most;
    if (operands.size() < least || operands.size() > most) {
      at_ = begin;
      fail(fmt::format(
          "{}() takes {} argument(s), not {}", word,
          least == most ? fmt::format("{}", least) : fmt::format("{} to {}", least, most),
          operands.size()));
    }
    if (chooses) return add(Op::choose, std::move(operands));
    return add(ExpressionNode{.op = Op::call,
                              .index = static_cast<std::size_t>(function - functions.begin()),
                              .operands = std::move(operands)});
  }

  [[noreturn]] void unknown_function(std::string_view word, std::size_t begin) {
    std::vector<std::string> known{"if", "defined"};
    for (const auto& function : expression_functions()) known.emplace_back(function.name);
    const std::string near = nearest_name(word.substr(0, 64), known);
    at_ = begin;
    fail(fmt::format("unknown function {}{}", word.substr(0, 64),
                     near.empty() ? std::string{} : fmt::format(" (did you mean {}?)", near)));
  }

  ExpressionTree& tree_;
  const std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

void parse_expression(ExpressionTree& tree) {
  Parser{tree}.parse();
}

}  // namespace skyweft::detail
