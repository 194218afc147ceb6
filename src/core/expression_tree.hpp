// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/expression.hpp"

namespace skyweft::detail {

enum class ExpressionOp {
  literal,
  name,
  defined,
  negate,
  logical_not,
  logical_and,
  logical_or,
  choose,
  coalesce,
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  call,
};

/// The operator as it is written.
std::string_view name_of(ExpressionOp op) noexcept;

struct ExpressionNode {
  ExpressionOp op = ExpressionOp::literal;
  Value literal{};
  std::size_t index = 0;                ///< of the name, or of the function
  std::vector<std::size_t> operands{};  ///< nodes, all before this one
  int height = 1;                       ///< levels from here down
};

struct ExpressionTree {
  std::string text;
  std::vector<std::string> names;
  std::vector<ExpressionNode> nodes;  ///< the last is the root
};

/// A function of values none of which is missing.
struct ExpressionFunction {
  std::string_view name;
  std::size_t least;  ///< number of arguments
  std::size_t most;
  Value (*apply)(std::string_view name, std::span<const Value> arguments);
};

std::span<const ExpressionFunction> expression_functions() noexcept;

inline constexpr std::size_t kMaxExpressionText = 65536;

/// The first `most` bytes or fewer of `text`, whole UTF-8 characters, escaped for messages.
std::string shown(std::string_view text, std::size_t most);

/// A finite number as a value; missing otherwise.
Value finite_value(double number);

/// Reads tree.text into the rest of `tree`. Throws Error{bad_config}.
void parse_expression(ExpressionTree& tree);

}  // namespace skyweft::detail
