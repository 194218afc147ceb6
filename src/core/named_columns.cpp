// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/named_columns.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "core/error.hpp"

namespace skyweft {

NamedColumns::Column& NamedColumns::slot(std::string name) {
  const auto it = std::ranges::find(columns_, name, &Column::name);
  if (it != columns_.end()) return *it;
  columns_.push_back({});
  columns_.back().name = std::move(name);
  return columns_.back();
}

void NamedColumns::add(std::string name, std::span<const double> values) {
  Column& c = slot(std::move(name));
  c.values = values;
  c.is_scalar = false;
}

void NamedColumns::add_scalar(std::string name, double value) {
  Column& c = slot(std::move(name));
  c.scalar = value;
  c.is_scalar = true;
}

bool NamedColumns::has(std::string_view name) const noexcept {
  return std::ranges::find(columns_, name, &Column::name) != columns_.end();
}

std::vector<std::size_t> NamedColumns::find(const Terms& terms) const {
  std::vector<std::size_t> out;
  for (const std::string& name : terms.names()) {
    const auto it = std::ranges::find(columns_, name, &Column::name);
    if (it == columns_.end()) {
      std::string known;
      for (const Column& c : columns_) known += (known.empty() ? "" : ", ") + c.name;
      throw Error{Errc::bad_config,
                  fmt::format("unknown variable '{}' in terms '{}'; use one of: {}", name,
                              terms.text(), known)};
    }
    out.push_back(static_cast<std::size_t>(it - columns_.begin()));
  }
  return out;
}

Eigen::MatrixXd NamedColumns::design(const Terms& terms, std::int64_t n_point) const {
  const auto index = find(terms);
  std::vector<double> values(index.size());
  std::vector<double> row(static_cast<std::size_t>(terms.n_term()));
  Eigen::MatrixXd out(n_point, terms.n_term());
  for (std::int64_t i = 0; i < n_point; ++i) {
    for (std::size_t k = 0; k < index.size(); ++k)
      values[k] = value(index[k], static_cast<std::size_t>(i));
    terms.evaluate(values, row);
    for (std::size_t k = 0; k < row.size(); ++k) out(i, static_cast<Eigen::Index>(k)) = row[k];
  }
  return out;
}

}  // namespace skyweft
