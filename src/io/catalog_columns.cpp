// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/catalog_columns.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/fields.hpp"
#include "core/log.hpp"
#include "io/catalog_names.hpp"
#include "io/header.hpp"

namespace skyweft::io {
namespace {

constexpr std::size_t kMaxKept = 1000;

std::size_t at(StarColumn column) {
  return static_cast<std::size_t>(column);
}

/// The word for an expression's names: other characters than letters and digits are '_'.
std::string word_of(std::string_view name) {
  std::string out{name};
  for (char& c : out)
    if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'))) c = '_';
  return out;
}

constexpr std::string_view kNumberWord = "column_number_";

/// "$3" outside quotes as a name that expressions can hold.
std::string with_number_words(std::string_view text) {
  std::string out;
  char quote = 0;
  for (const char c : text) {
    if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '\'' || c == '"') {
      quote = c;
    }
    if (c == '$' && quote == 0)
      out += kNumberWord;
    else
      out += c;
  }
  return out;
}

class Planner {
 public:
  Planner(const StarTableHead& head, const StarMapping& mapping, const std::filesystem::path& path,
          bool keep_own)
      : head_(head), mapping_(mapping), path_(path), keep_own_(keep_own && head.is_ours) {
    for (const StarTableColumn& column : head.columns) {
      plain_.push_back(lower_case(trimmed(column.name)));
      alias_.push_back(lower_case(trimmed(column.alias)));
      word_.push_back(lower_case(word_of(trimmed(column.name))));
    }
  }

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
                        printable(path_.string()), kStarNames[at(needed)][0],
                        kStarNames[at(needed)][1], kMappingWords[at(needed)])};
    for (const std::string& entry : mapping_.keep) keep(trimmed(entry));
    if (keep_own_ && mapping_.keep.empty()) keep_rest();
    if (!trimmed(mapping_.filter).empty()) plan_.filter = term(trimmed(mapping_.filter));
    number_slots();
    return std::move(plan_);
  }

 private:
  [[noreturn]] void misnamed(std::string_view entry) const {
    std::vector<std::string> names;
    for (const StarTableColumn& column : head_.columns) names.push_back(column.name);
    const std::string near = nearest_name(entry.substr(0, 64), names);
    const std::string hint =
        near.empty() ? std::string{} : fmt::format(" (did you mean {}?)", printable(near));
    throw Error{Errc::bad_config, fmt::format("star list {} has no column {}{}; it has {} columns",
                                              printable(path_.string()),
                                              printable(entry.substr(0, 80)), hint, names.size())};
  }

  /// The column of that name, number, alias or word; nothing when there is none.
  std::optional<std::size_t> find(std::string_view name) const {
    if (const auto number = number_after(name, "$")) return counted(name, *number);
    for (std::size_t i = 0; i < plain_.size(); ++i)
      if (!name.empty() && trimmed(head_.columns[i].name) == name) return i;
    const std::string plain = lower_case(name);
    for (const auto* names : {&plain_, &alias_})
      for (std::size_t i = 0; i < names->size(); ++i)
        if (!plain.empty() && (*names)[i] == plain) return i;
    return std::nullopt;
  }

  static std::optional<std::size_t> number_after(std::string_view name, std::string_view sign) {
    if (!name.starts_with(sign) || name.size() == sign.size()) return std::nullopt;
    std::size_t number = 0;
    const auto [stop, code] =
        std::from_chars(name.data() + sign.size(), name.data() + name.size(), number);
    if (code != std::errc{} || stop != name.data() + name.size()) return std::nullopt;
    return number;
  }

  std::size_t counted(std::string_view name, std::size_t number) const {
    if (number < 1 || number > plain_.size()) misnamed(name);
    return number - 1;
  }

  std::size_t usable(std::size_t i) const {
    if (!head_.columns[i].is_usable)
      throw Error{
          Errc::bad_input,
          fmt::format("star list {}: column {} holds vectors or complex numbers, one number "
                      "or text is needed; split it first",
                      printable(path_.string()), printable(head_.columns[i].name))};
    return i;
  }

  StarTerm term(std::string_view text) const {
    StarTerm out{Expression::parse(with_number_words(text)), {}};
    for (const std::string& name : out.expression.names()) {
      auto found = find(name);
      if (const auto number = number_after(name, kNumberWord)) found = counted(text, *number);
      for (std::size_t i = 0; i < word_.size() && !found; ++i)
        if (word_[i] == lower_case(name)) found = i;
      if (!found) misnamed(name);
      out.slots.push_back(usable(*found));
    }
    return out;
  }

  StarColumnUse use(StarColumn which, std::size_t i) const {
    const StarTableColumn& column = head_.columns[usable(i)];
    const auto factor = unit_factor(which, column.unit);
    if (!factor)
      throw Error{
          Errc::bad_input,
          fmt::format("star list {}: column {} has the unit '{}', which is not known for {}; "
                      "map an expression that converts it",
                      printable(path_.string()), printable(column.name), printable(column.unit),
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
    if (head_.is_ours) {
      if (const auto found = find(kOwnStarNames[at(which)]))
        out.columns.push_back(use(which, *found));
      return out;
    }
    for (const std::string_view wanted : kStarNames[at(which)])
      for (std::size_t i = 0; i < plain_.size(); ++i)
        if (!wanted.empty() && (plain_[i] == wanted || alias_[i] == wanted) &&
            head_.columns[i].is_usable)
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
      return add_kept({.name = std::string{trimmed(head_.columns[usable(*found)].name)},
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
    std::vector<bool> taken(plain_.size(), false);
    for (const StarQuantity& quantity : plan_.quantities)
      for (const StarColumnUse& use : quantity.columns) taken[use.slot] = true;
    for (std::size_t i = 0; i < plain_.size(); ++i) {
      const bool named = std::ranges::any_of(
          plan_.kept, [&](const StarQuantity& kept) { return kept.name == plain_[i]; });
      if (taken[i] || named || plain_[i].empty() || head_.columns[i].is_text ||
          !head_.columns[i].is_usable)
        continue;
      add_kept({.name = plain_[i], .columns = {{i, 1.0}}, .is_lenient = true});
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
    for (const std::size_t* slot : slots) plan_.wanted.push_back(*slot);
    std::ranges::sort(plan_.wanted);
    const auto repeated = std::ranges::unique(plan_.wanted);
    plan_.wanted.erase(repeated.begin(), repeated.end());
    for (std::size_t* slot : slots)
      *slot = static_cast<std::size_t>(std::ranges::lower_bound(plan_.wanted, *slot) -
                                       plan_.wanted.begin());
  }

  const StarTableHead& head_;
  const StarMapping& mapping_;
  const std::filesystem::path& path_;
  bool keep_own_;
  std::vector<std::string> plain_;
  std::vector<std::string> alias_;
  std::vector<std::string> word_;
  StarPlan plan_;
};

}  // namespace

StarPlan plan_columns(const StarTableHead& head, const StarMapping& mapping,
                      const std::filesystem::path& path, bool keep_own) {
  return Planner{head, mapping, path, keep_own}.plan();
}

}  // namespace skyweft::io
