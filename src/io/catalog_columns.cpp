// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/catalog_columns.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "io/catalog_names.hpp"
#include "io/column_finder.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxKept = 1000;

std::size_t at(StarColumn column) {
  return static_cast<std::size_t>(column);
}

class Planner : ColumnFinder {
 public:
  Planner(const StarTableHead& head, const StarMapping& mapping, const std::filesystem::path& path,
          bool keep_own)
      : ColumnFinder(head, path), mapping_(mapping), keep_own_(keep_own && head.is_ours) {}

  StarPlan plan() && {
    const std::array<const std::string*, kStarColumns> asked{
        &mapping_.id,    &mapping_.ra,     &mapping_.dec,      &mapping_.mag,  &mapping_.colour,
        &mapping_.pm_ra, &mapping_.pm_dec, &mapping_.parallax, &mapping_.epoch};
    for (std::size_t i = 0; i < kStarColumns; ++i)
      plan_.quantities[i] = quantity(static_cast<StarColumn>(i), trimmed(*asked[i]));
    plan_.is_id_named = !trimmed(mapping_.id).empty();
    for (const StarColumn needed : {StarColumn::ra, StarColumn::dec, StarColumn::mag})
      if (!plan_.quantities[at(needed)].is_known())
        throw Error{
            Errc::bad_input,
            fmt::format("star list {} has no column {} (or {}); rename its column, case does not "
                        "matter, or map it ({} = \"…\")",
                        printable(path().string()), kStarNames[at(needed)][0],
                        kStarNames[at(needed)][1], kMappingWords[at(needed)])};
    for (const std::string& entry : mapping_.keep) keep(trimmed(entry));
    if (keep_own_ && mapping_.keep.empty()) keep_rest();
    if (!trimmed(mapping_.filter).empty()) plan_.filter = term(trimmed(mapping_.filter));
    number_slots();
    return std::move(plan_);
  }

 private:
  StarColumnUse use(StarColumn which, std::size_t i) const {
    const StarTableColumn& column = head().columns[usable(i)];
    const auto factor = unit_factor(which, column.unit);
    if (!factor)
      throw Error{
          Errc::bad_input,
          fmt::format("star list {}: column {} has the unit '{}', which is not known for {}; "
                      "map an expression that converts it",
                      printable(path().string()), printable(column.name), printable(column.unit),
                      kMappingWords[at(which)])};
    return {i, *factor};
  }

  StarQuantity quantity(StarColumn which, std::string_view entry) const {
    StarQuantity out{.name = std::string{kMappingWords[at(which)]}};
    if (!entry.empty()) {
      out.name = entry;
      if (const auto found = find(entry))
        out.columns.push_back(use(which, *found));
      else
        out.term = term(entry);
      return out;
    }
    if (head().is_ours) {
      if (const auto found = find(kOwnStarNames[at(which)]))
        out.columns.push_back(use(which, *found));
      return out;
    }
    for (const std::string_view wanted : kStarNames[at(which)])
      for (std::size_t i = 0; i < plain().size(); ++i)
        if (!wanted.empty() && (plain()[i] == wanted || alias()[i] == wanted) &&
            head().columns[i].is_usable)
          out.columns.push_back(use(which, i));
    if (which == StarColumn::mag && out.columns.empty())
      for (const std::string_view name : kShortMagNames)
        if (const auto found = find(name); found && out.columns.empty())
          out.columns.push_back(use(which, *found));
    if (which == StarColumn::colour && out.columns.empty())
      for (const auto& [blue, red] : kColourPairs) {
        const auto b = find(blue);
        const auto r = find(red);
        if (!b || !r || out.difference) continue;
        out.difference = {usable(*b), usable(*r)};
        out.name = fmt::format("{} - {}", blue, red);
      }
    return out;
  }

  void add_kept(StarQuantity kept) {
    kept.name = lower_case(kept.name);
    for (const StarQuantity& other : plan_.kept)
      if (other.name == kept.name)
        throw Error{Errc::bad_config,
                    fmt::format("the column {} is kept twice", printable(kept.name))};
    if (plan_.kept.size() >= kMaxKept)
      throw Error{Errc::bad_config, fmt::format("more than {} columns to keep", kMaxKept)};
    plan_.kept.push_back(std::move(kept));
  }

  void keep(std::string_view entry) {
    if (entry == "*") return keep_rest();
    if (const auto found = find(entry))
      return add_kept({.name = std::string{trimmed(head().columns[usable(*found)].name)},
                       .columns = {{*found, 1.0}}});
    const std::size_t equals = entry.find('=');
    const std::string_view name = trimmed(entry.substr(0, equals));
    if (equals == std::string_view::npos || name.empty() ||
        entry.substr(equals).starts_with("==") ||
        name.find_first_of("<>!$()\"' ") != std::string_view::npos) {
      if (entry.empty() || entry.find_first_of("=<>()+*/ ") == std::string_view::npos)
        misnamed(entry);
      throw Error{Errc::bad_config,
                  fmt::format("'{}' is no column to keep; write \"name = expression\"",
                              printable(entry.substr(0, 80)))};
    }
    const std::string_view text = trimmed(entry.substr(equals + 1));
    StarQuantity kept{.name = std::string{name}};
    if (const auto found = find(text))
      kept.columns.push_back({usable(*found), 1.0});
    else
      kept.term = term(text);
    add_kept(std::move(kept));
  }

  /// All columns of numbers that are not used yet.
  void keep_rest() {
    std::vector<bool> taken(plain().size(), false);
    for (const StarQuantity& quantity : plan_.quantities)
      for (const StarColumnUse& use : quantity.columns) taken[use.slot] = true;
    for (std::size_t i = 0; i < plain().size(); ++i) {
      const bool named = std::ranges::any_of(
          plan_.kept, [&](const StarQuantity& kept) { return kept.name == plain()[i]; });
      if (taken[i] || named || plain()[i].empty() || head().columns[i].is_text ||
          !head().columns[i].is_usable)
        continue;
      add_kept({.name = plain()[i], .columns = {{i, 1.0}}, .is_lenient = true});
    }
  }

  /// Replaces columns of the file by their places among the wanted ones.
  void number_slots() {
    std::vector<std::size_t*> slots;
    const auto visit = [&](StarQuantity& quantity) {
      for (StarColumnUse& use : quantity.columns) slots.push_back(&use.slot);
      if (quantity.difference)
        for (std::size_t& slot : *quantity.difference) slots.push_back(&slot);
      if (quantity.term)
        for (std::size_t& slot : quantity.term->slots) slots.push_back(&slot);
    };
    for (StarQuantity& quantity : plan_.quantities) visit(quantity);
    for (StarQuantity& quantity : plan_.kept) visit(quantity);
    if (plan_.filter)
      for (std::size_t& slot : plan_.filter->slots) slots.push_back(&slot);
    plan_.wanted = io::number_slots(slots);
  }

  const StarMapping& mapping_;
  bool keep_own_;
  StarPlan plan_;
};

}  // namespace

StarPlan plan_columns(const StarTableHead& head, const StarMapping& mapping,
                      const std::filesystem::path& path, bool keep_own) {
  return Planner{head, mapping, path, keep_own}.plan();
}

}  // namespace skyweft::io
