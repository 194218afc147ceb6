// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

// Inside of core/terms: what the parser leaves for the evaluation.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace skyweft::detail {

enum class TermOp {
  number,
  name,
  add,
  subtract,
  multiply,
  divide,
  modulo,
  power,
  minimum,
  maximum,
  negate,
  sine,
  cosine,
  floor,
  square_root,
  absolute,
  tangent,
  log10,
  log,
  exp
};

/// Functions of one argument, or of two and more.
struct TermFunction {
  std::string_view name;
  TermOp op;
  bool takes_several = false;
};

inline constexpr std::array<TermFunction, 11> kTermFunctions{{{"sin", TermOp::sine},
                                                              {"cos", TermOp::cosine},
                                                              {"tan", TermOp::tangent},
                                                              {"sqrt", TermOp::square_root},
                                                              {"abs", TermOp::absolute},
                                                              {"log10", TermOp::log10},
                                                              {"log", TermOp::log},
                                                              {"exp", TermOp::exp},
                                                              {"floor", TermOp::floor},
                                                              {"min", TermOp::minimum, true},
                                                              {"max", TermOp::maximum, true}}};

/// One step of a postfix program.
struct TermStep {
  TermOp op = TermOp::number;
  double number = 0.0;
  std::size_t index = 0;  ///< of the name
};
using TermProgram = std::vector<TermStep>;

/// How many values a program holds at once: its names are among `names` of the terms.
inline constexpr std::size_t kMaxTermStack = 64;

using Monomial = std::vector<int>;  ///< power of each variable

/// row `to` = row `left` times a variable; rows [0, n_term) are the terms, later ones only help.
struct TermProduct {
  static constexpr std::ptrdiff_t kOne = -1;  ///< as `left`: 1; as `variable`: nothing
  std::ptrdiff_t to = 0;
  std::ptrdiff_t left = kOne;
  std::ptrdiff_t variable = kOne;
};

struct ParsedTerms {
  std::string text;
  std::vector<std::string> names;
  std::vector<TermProgram> variables;
  std::vector<std::string> variable_texts;
  std::vector<Monomial> terms;  ///< powers over `variables`
  std::vector<std::string> labels;
  std::vector<TermProduct> products;  ///< in an order in which each can be done
  std::size_t n_row = 0;              ///< terms and helping rows
  std::size_t deepest = 0;            ///< values a program holds at most
};

/// Reads `text` into names, variables and terms. Throws Error{bad_config}.
void parse_terms(ParsedTerms& to);

/// Lists the products and measures the programs. A monomial is its variables multiplied in their
/// order, whatever the other terms are, so that a term has the same bits in every expression.
void plan_products(ParsedTerms& to);

}  // namespace skyweft::detail
