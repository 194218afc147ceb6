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

/// The fit-term language of magnitude fitting, EPD and PSF maps (autowisp.md 2.3).
///
///   {a, b}        the list a, b
///   O3{x, y}      all monomials of total degree <= 3, constant first; within a degree by
///                 decreasing power of the first variable: O2{x,y} = 1, x, y, x², xy, y²
///   A * B         all pairwise products, the first factor varying fastest
///   A + B         union; the leading constant of second and later operands is dropped
///
/// A variable is an arithmetic expression over names and numbers: + - * / % ^ ( ) and the
/// functions sin cos tan sqrt abs log log10 exp; `pi` is known. `x%1` is the sub-pixel phase.
class Terms {
 public:
  /// Parses `text`. Throws Error{bad_config} with the position of the first mistake.
  static Terms parse(std::string_view text);

  std::int64_t n_term() const noexcept;
  /// The names a caller must supply, each once, in order of first use.
  const std::vector<std::string>& names() const noexcept;
  /// One readable label per term, e.g. "x^2*y".
  const std::vector<std::string>& labels() const noexcept;
  const std::string& text() const noexcept;
  bool has_constant() const noexcept;

  /// Evaluates all terms for one point; `values` in the order of names(), `out` is [n_term].
  void evaluate(std::span<const double> values, std::span<double> out) const;

  /// [n_point][n_term]; `columns` holds one span of n_point values for each of names().
  Eigen::MatrixXd design(std::span<const std::span<const double>> columns,
                         std::int64_t n_point) const;

 private:
  struct Parsed;
  std::shared_ptr<const Parsed>
      parsed_;  // shared: immutable after parse, copies are handed to workers
};

}  // namespace skyweft
