// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "core/terms.hpp"
#include "core/terms_program.hpp"

namespace skyweft::detail {

/// A value for all points of a block (`values` null), or one for each.
struct TermSlot {
  const double* values = nullptr;
  double scalar = 0.0;
  bool is_scalar() const noexcept { return values == nullptr; }
};

/// Evaluates the terms of many points block by block: what is the same for all points is done once.
/// Blocks stay in the cache, and every operation runs over a block.
class TermBlocks {
 public:
  static constexpr std::int64_t kBlock = 256;

  /// `columns` in the order of the names.
  TermBlocks(const ParsedTerms& parsed, std::span<const Terms::Column> columns);

  /// The variables of points [first, first + n), n at most kBlock; valid until the next call.
  std::span<const TermSlot> variables(std::int64_t first, std::int64_t n);

 private:
  TermSlot run(const TermProgram& program, std::int64_t first, std::int64_t n, double* scratch);
  bool is_same_everywhere(const TermProgram& program) const;

  const ParsedTerms& parsed_;
  std::span<const Terms::Column> columns_;
  std::vector<TermSlot> slots_;         // [variable]
  std::vector<std::uint8_t> is_fixed_;  // [variable] 1: the same for all points
  std::vector<double> scratch_;         // [variable][depth][kBlock]
};

/// Multiplies variables into rows: row k of n points at out + k·stride, helping rows in `helping`
/// [n_row − n_term][kBlock].
void multiply_terms(const ParsedTerms& parsed, std::span<const TermSlot> variables, std::int64_t n,
                    double* out, std::int64_t stride, std::span<double> helping,
                    std::span<TermSlot> rows);

/// One operation on single numbers: the bits of the blocks.
double apply_one(TermOp op, double a, double b);

}  // namespace skyweft::detail
