// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <Eigen/Dense>

#include "core/terms.hpp"

namespace skyweft {

/// Named variables for fit terms: borrowed columns [point], and scalars that hold for every point.
class NamedColumns {
 public:
  /// Adds (or replaces) a column; `values` must outlive this object. Throws: never.
  void add(std::string name, std::span<const double> values);
  /// Adds (or replaces) a variable with one value for all points.
  void add_scalar(std::string name, double value);

  bool has(std::string_view name) const noexcept;

  /// The index of each of the terms' names. Throws Error{bad_config} naming the known variables.
  std::vector<std::size_t> find(const Terms& terms) const;
  double value(std::size_t i_column, std::size_t i_point) const {
    const Column& c = columns_[i_column];
    return c.is_scalar ? c.scalar : c.values[i_point];
  }
  /// The values of each of the terms' names, in their order; valid until a column is added. Throws
  /// Error{bad_config} for an unknown name.
  std::vector<Terms::Column> columns_of(const Terms& terms) const;
  /// Evaluates the terms, [n_point][n_term]. Throws Error{bad_config} for an unknown name.
  Eigen::MatrixXd design(const Terms& terms, std::int64_t n_point) const;

 private:
  struct Column {
    std::string name;
    std::span<const double> values;
    double scalar = 0.0;
    bool is_scalar = false;
  };
  Column& slot(std::string name);
  std::vector<Column> columns_;
};

}  // namespace skyweft
