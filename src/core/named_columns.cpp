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

std::vector<Terms::Column> NamedColumns::columns_of(const Terms& terms) const {
  std::vector<Terms::Column> out;
  for (const std::size_t i : find(terms)) {
    const Column& c = columns_[i];
    out.push_back({.values = c.is_scalar ? &c.scalar : c.values.data(), .is_scalar = c.is_scalar});
  }
  return out;
}

Eigen::MatrixXd NamedColumns::design(const Terms& terms, std::int64_t n_point) const {
  Eigen::MatrixXd out(n_point, terms.n_term());
  terms.evaluate_columns(columns_of(terms), n_point, out.data(), n_point);
  return out;
}

}  // namespace skyweft
