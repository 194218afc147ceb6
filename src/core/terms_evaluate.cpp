// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/terms_evaluate.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/vector_math.hpp"
#include "core/wide_copies.hpp"

namespace skyweft::detail {
namespace {

template <TermOp op>
[[gnu::always_inline]] inline double apply(double a, double b) {
  if constexpr (op == TermOp::add) return a + b;
  if constexpr (op == TermOp::subtract) return a - b;
  if constexpr (op == TermOp::multiply) return a * b;
  if constexpr (op == TermOp::divide) return a / b;
  if constexpr (op == TermOp::modulo) return a - b * floor_of(a / b);
  // A NaN on either side stays one.
  if constexpr (op == TermOp::minimum) return b < a || b != b ? b : a;
  if constexpr (op == TermOp::maximum) return b > a || b != b ? b : a;
  if constexpr (op == TermOp::negate) return -a;
  if constexpr (op == TermOp::floor) return floor_of(a);
  if constexpr (op == TermOp::square_root) return std::sqrt(a);
  if constexpr (op == TermOp::absolute) return std::abs(a);
  return a;
}

/// Of operations without a vector form; squares are the common power.
double apply_slowly(TermOp op, double a, double b) {
  switch (op) {
    case TermOp::power:
      return b == 2.0 ? a * a : std::pow(a, b);
    case TermOp::sine:
      return wave_of_any(a, 0);
    case TermOp::cosine:
      return wave_of_any(a, 1);
    case TermOp::tangent:
      return std::tan(a);
    case TermOp::log10:
      return std::log10(a);
    case TermOp::log:
      return std::log(a);
    default:
      return std::exp(a);
  }
}

template <TermOp op>
[[gnu::always_inline]] inline void loop(std::int64_t n, TermSlot a, TermSlot b, double* out) {
  if (a.is_scalar()) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) out[i] = apply<op>(a.scalar, b.values[i]);
  } else if (b.is_scalar()) {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) out[i] = apply<op>(a.values[i], b.scalar);
  } else {
#pragma GCC ivdep
    for (std::int64_t i = 0; i < n; ++i) out[i] = apply<op>(a.values[i], b.values[i]);
  }
}

// A copy of each function per width of registers (core/wide_copies.hpp). `out` may be a or b: each
// point is read before it is written.
SKYWEFT_WIDE_COPIES
void apply_block(TermOp op, std::int64_t n, TermSlot a, TermSlot b, double* out) {
  switch (op) {
    case TermOp::add:
      return loop<TermOp::add>(n, a, b, out);
    case TermOp::subtract:
      return loop<TermOp::subtract>(n, a, b, out);
    case TermOp::multiply:
      return loop<TermOp::multiply>(n, a, b, out);
    case TermOp::divide:
      return loop<TermOp::divide>(n, a, b, out);
    case TermOp::modulo:
      return loop<TermOp::modulo>(n, a, b, out);
    case TermOp::minimum:
      return loop<TermOp::minimum>(n, a, b, out);
    case TermOp::maximum:
      return loop<TermOp::maximum>(n, a, b, out);
    case TermOp::negate:
      return loop<TermOp::negate>(n, a, b, out);
    case TermOp::floor:
      return loop<TermOp::floor>(n, a, b, out);
    case TermOp::square_root:
      return loop<TermOp::square_root>(n, a, b, out);
    default:
      return loop<TermOp::absolute>(n, a, b, out);
  }
}

SKYWEFT_WIDE_COPIES
bool wave_block(std::int64_t n, const double* a, std::uint64_t quarter, double* out) {
  std::int64_t n_far = 0;
  for (std::int64_t i = 0; i < n; ++i) n_far += std::abs(a[i]) <= kMostTurned ? 0 : 1;
  if (n_far > 0) return false;
  for (std::int64_t i = 0; i < n; ++i) out[i] = wave(a[i], quarter);
  return true;
}

SKYWEFT_WIDE_COPIES
void multiply_block(std::int64_t n, const double* __restrict a, const double* __restrict b,
                    double* __restrict out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = a[i] * b[i];
}

SKYWEFT_WIDE_COPIES
void scale_block(std::int64_t n, const double* __restrict a, double b, double* __restrict out) {
  for (std::int64_t i = 0; i < n; ++i) out[i] = a[i] * b;
}

bool is_slow(TermOp op) {
  return op == TermOp::power || op == TermOp::sine || op == TermOp::cosine ||
         op == TermOp::tangent || op == TermOp::log10 || op == TermOp::log || op == TermOp::exp;
}

void apply_to_block(TermOp op, std::int64_t n, TermSlot a, TermSlot b, double* out) {
  if (op == TermOp::power && b.is_scalar() && b.scalar == 2.0 && !a.is_scalar())
    return apply_block(TermOp::multiply, n, a, a, out);
  if ((op == TermOp::sine || op == TermOp::cosine) &&
      wave_block(n, a.values, op == TermOp::sine ? 0 : 1, out))
    return;
  if (!is_slow(op)) return apply_block(op, n, a, b, out);
  for (std::int64_t i = 0; i < n; ++i)
    out[i] = apply_slowly(op, a.is_scalar() ? a.scalar : a.values[i],
                          b.is_scalar() ? b.scalar : b.values[i]);
}

bool takes_two(TermOp op) {
  return op >= TermOp::add && op <= TermOp::maximum;
}

}  // namespace

double apply_one(TermOp op, double a, double b) {
  switch (op) {
    case TermOp::add:
      return apply<TermOp::add>(a, b);
    case TermOp::subtract:
      return apply<TermOp::subtract>(a, b);
    case TermOp::multiply:
      return apply<TermOp::multiply>(a, b);
    case TermOp::divide:
      return apply<TermOp::divide>(a, b);
    case TermOp::modulo:
      return apply<TermOp::modulo>(a, b);
    case TermOp::minimum:
      return apply<TermOp::minimum>(a, b);
    case TermOp::maximum:
      return apply<TermOp::maximum>(a, b);
    case TermOp::negate:
      return apply<TermOp::negate>(a, b);
    case TermOp::floor:
      return apply<TermOp::floor>(a, b);
    case TermOp::square_root:
      return apply<TermOp::square_root>(a, b);
    case TermOp::absolute:
      return apply<TermOp::absolute>(a, b);
    default:
      return apply_slowly(op, a, b);
  }
}

TermBlocks::TermBlocks(const ParsedTerms& parsed, std::span<const Terms::Column> columns)
    : parsed_(parsed), columns_(columns), slots_(parsed.variables.size()) {
  std::size_t n_moving = 0;
  for (std::size_t v = 0; v < slots_.size(); ++v) {
    is_fixed_.push_back(is_same_everywhere(parsed.variables[v]) ? 1 : 0);
    n_moving += is_fixed_[v] == 0 ? 1 : 0;
    if (is_fixed_[v] != 0) slots_[v] = run(parsed.variables[v], 0, 0, nullptr);
  }
  scratch_.resize(n_moving * parsed.deepest * static_cast<std::size_t>(kBlock));
}

bool TermBlocks::is_same_everywhere(const TermProgram& program) const {
  return std::ranges::all_of(program, [&](const TermStep& s) {
    return s.op != TermOp::name || columns_[s.index].is_scalar;
  });
}

TermSlot TermBlocks::run(const TermProgram& program, std::int64_t first, std::int64_t n,
                         double* scratch) {
  std::array<TermSlot, kMaxTermStack> stack;
  std::size_t top = 0;
  for (const TermStep& s : program) {
    if (s.op == TermOp::number) {
      stack[top++] = {nullptr, s.number};
      continue;
    }
    if (s.op == TermOp::name) {
      const Terms::Column& c = columns_[s.index];
      stack[top++] = c.is_scalar ? TermSlot{nullptr, *c.values} : TermSlot{c.values + first, 0.0};
      continue;
    }
    if (takes_two(s.op)) --top;
    TermSlot& a = stack[top - 1];
    const TermSlot b = takes_two(s.op) ? stack[top] : TermSlot{};
    if (a.is_scalar() && b.is_scalar()) {
      a.scalar = apply_one(s.op, a.scalar, b.scalar);
      continue;
    }
    double* out = scratch + static_cast<std::int64_t>(top - 1) * kBlock;
    apply_to_block(s.op, n, a, b, out);
    a = {out, 0.0};
  }
  return stack[0];
}

std::span<const TermSlot> TermBlocks::variables(std::int64_t first, std::int64_t n) {
  double* scratch = scratch_.data();
  for (std::size_t v = 0; v < slots_.size(); ++v) {
    if (is_fixed_[v] != 0) continue;
    slots_[v] = run(parsed_.variables[v], first, n, scratch);
    scratch += static_cast<std::int64_t>(parsed_.deepest) * kBlock;
  }
  return slots_;
}

void multiply_terms(const ParsedTerms& parsed, std::span<const TermSlot> variables, std::int64_t n,
                    double* out, std::int64_t stride, std::span<double> helping,
                    std::span<TermSlot> rows) {
  const auto n_term = static_cast<std::ptrdiff_t>(parsed.terms.size());
  for (const TermProduct& p : parsed.products) {
    double* to =
        p.to < n_term ? out + p.to * stride : helping.data() + (p.to - n_term) * TermBlocks::kBlock;
    TermSlot& row = rows[static_cast<std::size_t>(p.to)];
    const TermSlot a = p.left == TermProduct::kOne ? TermSlot{nullptr, 1.0}
                                                   : rows[static_cast<std::size_t>(p.left)];
    const TermSlot b = p.variable == TermProduct::kOne
                           ? TermSlot{nullptr, 1.0}
                           : variables[static_cast<std::size_t>(p.variable)];
    if (a.is_scalar() && b.is_scalar()) {
      row = {nullptr, a.scalar * b.scalar};
      if (p.to < n_term) std::fill_n(to, n, row.scalar);
      continue;
    }
    if (p.left == TermProduct::kOne)
      std::copy_n(b.values, n, to);
    else if (a.is_scalar())
      scale_block(n, b.values, a.scalar, to);
    else if (b.is_scalar())
      scale_block(n, a.values, b.scalar, to);
    else
      multiply_block(n, a.values, b.values, to);
    row = {to, 0.0};
  }
}

}  // namespace skyweft::detail
