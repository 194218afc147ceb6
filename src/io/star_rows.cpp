// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/star_rows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"

namespace skyweft::io {
namespace {

constexpr double kFirstYear = 1500.0;
constexpr double kLastYear = 2500.0;

std::string shown(const StarCell& cell) {
  using Kind = StarCell::Kind;
  if (cell.kind == Kind::whole) return fmt::format("{}", cell.whole);
  if (cell.kind == Kind::number) return fmt::format("{}", cell.number);
  return printable(cell.text.substr(0, 40));
}

double or_zero(double value) {
  return std::isfinite(value) ? value : 0.0;
}

/// NaN also for what a float cannot hold.
float as_float(double value) {
  constexpr double kMost = std::numeric_limits<float>::max();
  return std::abs(value) <= kMost ? static_cast<float>(value) : kNaNf;
}

}  // namespace

StarRows::StarRows(std::filesystem::path path, StarMapping mapping, Take take, bool keep_own)
    : TableRows(std::move(path), std::move(mapping)), take_(std::move(take)), keep_own_(keep_own) {
  lookup_ = [this](std::string_view name) {
    const auto& names = evaluated_->expression.names();
    for (std::size_t i = 0; i < names.size(); ++i)
      if (names[i].data() == name.data() || names[i] == name)
        return value_of(cells()[evaluated_->slots[i]]);
    return Value{};
  };
}

void StarRows::start(StarTableHead head) {
  head_ = std::move(head);
  plan_ = plan_columns(head_, mapping(), path(), keep_own_);
  want(plan_.wanted);
  if (head_.epoch_yr) file_epoch_yr_ = *head_.epoch_yr;
  if (std::isfinite(mapping().epoch_yr)) file_epoch_yr_ = mapping().epoch_yr;
  check_epoch(file_epoch_yr_);
  // An epoch given by hand holds against columns that are only found by their usual name.
  if (std::isfinite(mapping().epoch_yr) && mapping().epoch.empty())
    plan_.quantities[static_cast<std::size_t>(StarColumn::epoch)] = {};
  for (const StarQuantity& kept : plan_.kept) batch_.extra.push_back({kept.name, {}});
  batch_.epoch_yr = file_epoch_yr_;
}

std::string StarRows::place() const {
  return fmt::format("star list {} {} {}", printable(path().string()), head_.row_word, i_row_);
}

void StarRows::check_epoch(double epoch_yr) {
  if (!(epoch_yr >= kFirstYear && epoch_yr <= kLastYear))
    throw Error{Errc::bad_input, fmt::format("{}: {} is no epoch in years", place(), epoch_yr)};
}

void StarRows::bad_cell(const StarCell& cell, std::string_view column) const {
  throw Error{Errc::bad_input, fmt::format("{}: '{}' is not a number (column {})", place(),
                                           shown(cell), printable(column))};
}

Value StarRows::value_of_term(const StarTerm& term) {
  evaluated_ = &term;
  try {
    return term.expression.evaluate(lookup_);
  } catch (Error& error) {
    error.during(place());
    throw;
  }
}

double StarRows::number_in_row(const StarQuantity& quantity) {
  for (const StarColumnUse& use : quantity.columns) {
    const auto number = number_of(cells()[use.slot]);
    if (!number && quantity.is_lenient) continue;
    if (!number) bad_cell(cells()[use.slot], head_.columns[plan_.wanted[use.slot]].name);
    if (std::isfinite(*number)) return *number * use.factor;
  }
  if (quantity.difference) {
    std::array<double, 2> parts{};
    for (std::size_t i = 0; i < 2; ++i) {
      const std::size_t slot = (*quantity.difference)[i];
      const auto number = number_of(cells()[slot]);
      if (!number) bad_cell(cells()[slot], head_.columns[plan_.wanted[slot]].name);
      parts[i] = *number;
    }
    return parts[0] - parts[1];
  }
  if (!quantity.term) return kNaN;
  const Value value = value_of_term(*quantity.term);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  if (is_missing(value)) return kNaN;
  throw Error{Errc::bad_input, fmt::format("{}: {} gives the text {}, a number is needed", place(),
                                           printable(quantity.name), spelled(value))};
}

double StarRows::angle_in_row(const StarQuantity& quantity, bool hours) {
  if (quantity.term) {
    const Value value = value_of_term(*quantity.term);
    if (is_missing(value)) return kNaN;
    if (const auto* number = std::get_if<double>(&value)) return *number;
    const StarCell cell{.kind = StarCell::Kind::text, .text = std::get<std::string>(value)};
    bool was_sexagesimal = false;
    const auto angle = angle_of(cell, hours, was_sexagesimal);
    if (!angle) bad_cell(cell, quantity.name);
    return *angle;
  }
  for (const StarColumnUse& use : quantity.columns) {
    bool was_sexagesimal = false;
    const auto angle = angle_of(cells()[use.slot], hours, was_sexagesimal);
    if (!angle) bad_cell(cells()[use.slot], head_.columns[plan_.wanted[use.slot]].name);
    if (std::isfinite(*angle)) return was_sexagesimal ? *angle : *angle * use.factor;
  }
  return kNaN;
}

std::optional<StarId> StarRows::id_in_row(const StarQuantity& quantity) {
  using Kind = StarCell::Kind;
  for (const StarColumnUse& use : quantity.columns) {
    const StarCell& cell = cells()[use.slot];
    if (cell.kind == Kind::missing) continue;
    if (const auto id = id_of(cell)) return id;
    const bool is_zero = (cell.kind == Kind::whole && cell.whole == 0) || cell.text == "0";
    if (plan_.is_id_named ? !is_zero : cell.kind == Kind::spelled && !is_zero)
      bad_cell(cell, head_.columns[plan_.wanted[use.slot]].name);
  }
  if (!quantity.term) return std::nullopt;
  const Value value = value_of_term(*quantity.term);
  if (is_missing(value)) return std::nullopt;
  StarCell cell{.kind = Kind::text};
  if (const auto* number = std::get_if<double>(&value)) {
    cell.kind = Kind::number;
    cell.number = *number;
    if (*number == 0.0) return std::nullopt;
  } else {
    cell.text = std::get<std::string>(value);
  }
  const auto id = id_of(cell);
  if (!id) bad_cell(cell, quantity.name);
  return id;
}

void StarRows::add(std::int64_t i_row) {
  i_row_ = i_row;
  if (plan_.filter) {
    evaluated_ = &*plan_.filter;
    try {
      if (!plan_.filter->expression.holds(lookup_)) return;
    } catch (Error& error) {
      error.during(place());
      throw;
    }
  }
  const auto quantity = [&](StarColumn column) -> const StarQuantity& {
    return plan_.quantities[static_cast<std::size_t>(column)];
  };
  const double ra_deg = angle_in_row(quantity(StarColumn::ra), true);
  const double dec_deg = angle_in_row(quantity(StarColumn::dec), false);
  const float mag = as_float(number_in_row(quantity(StarColumn::mag)));
  if (ra_deg < 0.0 || ra_deg > 360.0 || dec_deg < -90.0 || dec_deg > 90.0)
    throw Error{Errc::bad_input, fmt::format("{}: RA {} Dec {} is no place on the sky in degrees",
                                             place(), ra_deg, dec_deg)};
  if (!std::isfinite(ra_deg) || !std::isfinite(dec_deg) || !std::isfinite(mag)) return;
  double epoch_yr = number_in_row(quantity(StarColumn::epoch));
  if (std::isfinite(epoch_yr))
    check_epoch(epoch_yr);
  else
    epoch_yr = file_epoch_yr_;
  if (batch_.size() == kStarBatchRows || (epoch_yr != batch_.epoch_yr && batch_.size() > 0))
    hand_out();
  batch_.epoch_yr = epoch_yr;
  const auto id = id_in_row(quantity(StarColumn::id));
  batch_.id.push_back(id ? *id
                         : id_from_position({Angle::from_deg(ra_deg), Angle::from_deg(dec_deg)}));
  batch_.ra_deg.push_back(ra_deg);
  batch_.dec_deg.push_back(dec_deg);
  batch_.mag.push_back(mag);
  batch_.colour.push_back(as_float(number_in_row(quantity(StarColumn::colour))));
  batch_.pm_ra_mas_yr.push_back(or_zero(number_in_row(quantity(StarColumn::pm_ra))));
  batch_.pm_dec_mas_yr.push_back(or_zero(number_in_row(quantity(StarColumn::pm_dec))));
  const float parallax_mas = as_float(number_in_row(quantity(StarColumn::parallax)));
  batch_.parallax_mas.push_back(std::isfinite(parallax_mas) ? parallax_mas : 0.0F);
  for (std::size_t i = 0; i < plan_.kept.size(); ++i)
    batch_.extra[i].value.push_back(as_float(number_in_row(plan_.kept[i])));
}

void StarRows::hand_out() {
  if (batch_.size() > 0) take_(batch_);
  batch_.id.clear();
  for (auto* column :
       {&batch_.ra_deg, &batch_.dec_deg, &batch_.pm_ra_mas_yr, &batch_.pm_dec_mas_yr})
    column->clear();
  for (auto* column : {&batch_.mag, &batch_.colour, &batch_.parallax_mas}) column->clear();
  for (NamedColumn& column : batch_.extra) column.value.clear();
}

void StarRows::finish() {
  hand_out();
}

}  // namespace skyweft::io
