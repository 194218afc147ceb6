// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <map>

#include "core/terms_program.hpp"

namespace skyweft::detail {
namespace {

/// How many values the program holds at once.
std::size_t depth_of(const TermProgram& program) {
  std::size_t now = 0;
  std::size_t most = 0;
  for (const TermStep& s : program) {
    if (s.op == TermOp::number || s.op == TermOp::name)
      ++now;
    else if (s.op >= TermOp::add && s.op <= TermOp::maximum)
      --now;
    most = std::max(most, now);
  }
  return most;
}

}  // namespace

void plan_products(ParsedTerms& to) {
  for (const TermProgram& program : to.variables)
    to.deepest = std::max(to.deepest, depth_of(program));
  struct Row {
    int degree;
    TermProduct product;
  };
  std::vector<Row> rows;
  std::map<Monomial, std::ptrdiff_t> row_of;
  for (std::size_t t = 0; t < to.terms.size(); ++t)
    row_of.emplace(to.terms[t], static_cast<std::ptrdiff_t>(t));
  to.n_row = to.terms.size();
  // Every monomial needs the one with its last factor taken away.
  const auto plan = [&](Monomial m, std::ptrdiff_t row) {
    for (;;) {
      int degree = 0;
      std::ptrdiff_t last = TermProduct::kOne;
      for (std::size_t v = 0; v < m.size(); ++v) {
        degree += m[v];
        if (m[v] > 0) last = static_cast<std::ptrdiff_t>(v);
      }
      TermProduct product{.to = row, .variable = last};
      if (degree < 2) {
        rows.push_back({degree, product});
        return;
      }
      --m[static_cast<std::size_t>(last)];
      const auto [at, is_new] = row_of.emplace(m, static_cast<std::ptrdiff_t>(to.n_row));
      product.left = at->second;
      rows.push_back({degree, product});
      if (!is_new) return;
      row = static_cast<std::ptrdiff_t>(to.n_row++);
    }
  };
  for (std::size_t t = 0; t < to.terms.size(); ++t)
    plan(to.terms[t], static_cast<std::ptrdiff_t>(t));
  std::ranges::stable_sort(rows, {}, &Row::degree);
  for (const Row& row : rows) to.products.push_back(row.product);
}

}  // namespace skyweft::detail
