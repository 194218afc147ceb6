// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/expression.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/expression_tree.hpp"
#include "core/log.hpp"

namespace skyweft {
namespace {

using detail::ExpressionNode;
using detail::ExpressionTree;
using Op = detail::ExpressionOp;

[[noreturn]] void misfit(std::string what) {
  throw Error{Errc::bad_input, std::move(what)};
}

/// 1 true, 0 false, −1 missing.
int truth_of(const Value& value, Op op) {
  if (const auto* number = std::get_if<double>(&value)) return *number != 0.0 ? 1 : 0;
  if (is_missing(value)) return -1;
  misfit(fmt::format("{} needs a number or a comparison, not the text {}", name_of(op),
                     spelled(value)));
}

Value truth(bool yes) {
  return yes ? 1.0 : 0.0;
}

template <class T>
bool compare(Op op, const T& a, const T& b) {
  switch (op) {
    case Op::equal:
      return a == b;
    case Op::not_equal:
      return a != b;
    case Op::less:
      return a < b;
    case Op::less_equal:
      return a <= b;
    case Op::greater:
      return a > b;
    default:
      return a >= b;
  }
}

double arithmetic(Op op, double a, double b) {
  switch (op) {
    case Op::add:
      return a + b;
    case Op::subtract:
      return a - b;
    case Op::multiply:
      return a * b;
    case Op::divide:
      return a / b;
    case Op::modulo:
      return a - b * std::floor(a / b);
    default:
      return std::pow(a, b);
  }
}

/// An operator that needs both its sides.
Value apply(Op op, const Value& left, const Value& right) {
  if (is_missing(left) || is_missing(right)) return {};
  const bool compares = op >= Op::equal && op <= Op::greater_equal;
  const auto* a = std::get_if<double>(&left);
  const auto* b = std::get_if<double>(&right);
  if (a != nullptr && b != nullptr)
    return compares ? truth(compare(op, *a, *b)) : detail::finite_value(arithmetic(op, *a, *b));
  if (a == nullptr && b == nullptr) {
    const auto& s = std::get<std::string>(left);
    const auto& t = std::get<std::string>(right);
    if (compares) return truth(compare(op, s, t));
    if (op == Op::add && s.size() + t.size() <= detail::kMaxExpressionText) return s + t;
    if (op == Op::add) misfit("a text of more than 65536 bytes");
  }
  misfit(fmt::format("{} {} {} does not fit together; number() and text() convert", spelled(left),
                     name_of(op), spelled(right)));
}

class Evaluation {
 public:
  Evaluation(const ExpressionTree& tree, const Lookup& lookup) : tree_(tree), lookup_(lookup) {}

  Value value_of(std::size_t i) const {
    const ExpressionNode& node = tree_.nodes[i];
    switch (node.op) {
      case Op::literal:
        return node.literal;
      case Op::name:
        return looked_up(node);
      case Op::defined:
        return truth(!is_missing(looked_up(node)));
      case Op::negate:
        return negated(value_of(node.operands[0]));
      case Op::logical_not: {
        const int yes = truth_of(value_of(node.operands[0]), node.op);
        return yes < 0 ? Value{} : truth(yes == 0);
      }
      case Op::logical_and:
        return joined(node, 0);
      case Op::logical_or:
        return joined(node, 1);
      case Op::choose: {
        const int yes = truth_of(value_of(node.operands[0]), node.op);
        return yes < 0 ? Value{} : value_of(node.operands[yes == 1 ? 1 : 2]);
      }
      case Op::coalesce: {
        Value left = value_of(node.operands[0]);
        return is_missing(left) ? value_of(node.operands[1]) : left;
      }
      case Op::call:
        return called(node);
      default: {
        const Value left = value_of(node.operands[0]);
        return apply(node.op, left, value_of(node.operands[1]));
      }
    }
  }

 private:
  Value looked_up(const ExpressionNode& node) const {
    Value value = lookup_(tree_.names[node.index]);
    const auto* number = std::get_if<double>(&value);
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && text->size() > detail::kMaxExpressionText)
      misfit(fmt::format("{} is a text of more than 65536 bytes", tree_.names[node.index]));
    return number != nullptr ? detail::finite_value(*number) : value;
  }

  static Value negated(const Value& value) {
    if (is_missing(value)) return {};
    if (const auto* number = std::get_if<double>(&value)) return -*number;
    misfit(fmt::format("- {} does not fit together; number() converts", spelled(value)));
  }

  /// `and` (decided by 0) and `or` (decided by 1).
  Value joined(const ExpressionNode& node, int decides) const {
    const int left = truth_of(value_of(node.operands[0]), node.op);
    if (left == decides) return truth(decides == 1);
    const int right = truth_of(value_of(node.operands[1]), node.op);
    if (right == decides) return truth(decides == 1);
    return left < 0 || right < 0 ? Value{} : truth(decides == 0);
  }

  Value called(const ExpressionNode& node) const {
    std::vector<Value> arguments;
    for (const std::size_t operand : node.operands) {
      arguments.push_back(value_of(operand));
      if (is_missing(arguments.back())) return {};
    }
    const auto& function = detail::expression_functions()[node.index];
    return function.apply(function.name, arguments);
  }

  const ExpressionTree& tree_;
  const Lookup& lookup_;
};

Error within(const Error& error, const std::string& text) {
  return Error{error.code(),
               fmt::format("expression \"{}\": {}", detail::shown(text, 200), error.text()),
               error.where()};
}

}  // namespace

namespace detail {

std::string_view name_of(ExpressionOp op) noexcept {
  constexpr std::array<std::string_view, 22> kNames{
      "literal", "name", "defined", "-",  "not", "and", "or", "if", "??", "==", "!=",
      "<",       "<=",   ">",       ">=", "+",   "-",   "*",  "/",  "%",  "^",  "call"};
  return kNames[static_cast<std::size_t>(op)];
}

std::string shown(std::string_view text, std::size_t most) {
  if (text.size() > most) {
    while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xc0U) == 0x80U) --most;
    text = text.substr(0, most);
  }
  return printable(text);
}

Value finite_value(double number) {
  return std::isfinite(number) ? Value{number} : Value{};
}

}  // namespace detail

std::string spelled(const Value& value) {
  constexpr std::size_t kShown = 80;
  if (const auto* number = std::get_if<double>(&value)) return fmt::format("{}", *number);
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr) return "(missing)";
  return fmt::format("'{}{}'", detail::shown(*text, kShown), text->size() > kShown ? "…" : "");
}

Expression Expression::parse(std::string_view text) {
  auto tree = std::make_shared<ExpressionTree>();
  tree->text = std::string{text};
  detail::parse_expression(*tree);
  Expression out;
  out.tree_ = std::move(tree);
  return out;
}

Value Expression::evaluate(const Lookup& lookup) const {
  try {
    return Evaluation{*tree_, lookup}.value_of(tree_->nodes.size() - 1);
  } catch (const Error& error) {
    throw within(error, tree_->text);
  }
}

bool Expression::holds(const Lookup& lookup) const {
  const Value value = evaluate(lookup);
  if (const auto* number = std::get_if<double>(&value)) return *number != 0.0;
  if (is_missing(value)) return false;
  throw within(Error{Errc::bad_input, fmt::format("a condition is a number or a comparison, not "
                                                  "the text {}",
                                                  spelled(value))},
               tree_->text);
}

const std::vector<std::string>& Expression::names() const noexcept {
  return tree_->names;
}
const std::string& Expression::text() const noexcept {
  return tree_->text;
}

}  // namespace skyweft
