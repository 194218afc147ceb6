// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Dense>

namespace skyweft {

namespace detail {
struct ParsedTerms;
}

/// The fit-term language of magnitude fitting, EPD and PSF maps (autowisp.md 2.3).
///
///   {a, b}        the list a, b
///   O3{x, y}      all monomials of total degree <= 3, constant first; within a degree by
///                 decreasing power of the first variable: O2{x,y} = 1, x, y, x², xy, y²
///   A * B         all pairwise products, the first factor varying fastest
///   A + B         union; the leading constant of second and later operands is dropped
///
/// A variable is an arithmetic expression over names and numbers: + - * / % ^ ( ) and the
/// functions sin cos tan sqrt abs log log10 exp floor, and min and max of two or more; `pi` is
/// known. `x%1` is the sub-pixel phase.
class Terms {
 public:
  /// The values of one name: one for each point, or (`is_scalar`) one for all.
  struct Column {
    const double* values = nullptr;
    bool is_scalar = false;
  };

  /// Parses `text`. Throws Error{bad_config} with the position of the first mistake.
  static Terms parse(std::string_view text);

  std::int64_t n_term() const noexcept;
  /// The names a caller must supply, each once, in order of first use.
  const std::vector<std::string>& names() const noexcept;
  /// One readable label per term, e.g. "x^2*y".
  const std::vector<std::string>& labels() const noexcept;
  const std::string& text() const noexcept;
  bool has_constant() const noexcept;

  /// Terms are products of variables, the expressions between the braces: the power of each
  /// variable in each term, [n_term][n_variable].
  const std::vector<std::vector<int>>& powers() const noexcept;
  std::int64_t n_variable() const noexcept;

  /// Evaluates all terms for one point; `values` in the order of names(), `out` is [n_term]. The
  /// bits are those of evaluate_columns().
  void evaluate(std::span<const double> values, std::span<double> out) const;

  /// Evaluates all terms for n_point points: `columns` holds the values of each of names(); term k
  /// of point p goes to out[k·stride + p], stride at least n_point. Runs over blocks of points;
  /// what is the same for all of them is done once. Sines and cosines are within 5e-16 up to
  /// |x| = 1e5.
  void evaluate_columns(std::span<const Column> columns, std::int64_t n_point, double* out,
                        std::int64_t stride) const;
  void evaluate_columns(std::span<const double* const> columns, std::int64_t n_point, double* out,
                        std::int64_t stride) const;

  /// The first half of evaluate_columns(): variable v of point p goes to out[v·stride + p].
  void evaluate_variables(std::span<const Column> columns, std::int64_t n_point, double* out,
                          std::int64_t stride) const;
  /// The second half, for variables that were changed (centred, scaled): variable v of point p at
  /// variables[v·variable_stride + p].
  void multiply_variables(const double* variables, std::int64_t variable_stride,
                          std::int64_t n_point, double* out, std::int64_t stride) const;

  /// [n_point][n_term]; `columns` holds one span of n_point values for each of names().
  Eigen::MatrixXd design(std::span<const std::span<const double>> columns,
                         std::int64_t n_point) const;

 private:
  std::shared_ptr<const detail::ParsedTerms>
      parsed_;  // shared: immutable after parse, copies are handed to workers
};

}  // namespace skyweft
