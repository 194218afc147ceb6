// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include <algorithm>
#include <array>

#include "io/star_source.hpp"

namespace skyweft::io {
namespace {

/// The columns of tyc2.dat (Høg et al. 2000, catalogue I/259). Mean positions are ICRS at J2000;
/// where there is none (pflag X), the position of 1991 without motion stands in. The column of
/// Hipparcos numbers has a component's letter in it and is no id: the TYC numbers are.
constexpr std::array<std::string_view, 32> kMain{
    "tyc",    "pflag",  "ramdeg",    "demdeg",    "pmra",     "pmde",     "e_ramdeg", "e_demdeg",
    "e_pmra", "e_pmde", "epramdeg",  "epdemdeg",  "num",      "q_ramdeg", "q_demdeg", "q_pmra",
    "q_pmde", "bt_mag", "e_bt_mag",  "vt_mag",    "e_vt_mag", "prox",     "tycho1",   "hipccdm",
    "radeg",  "dedeg",  "epra_1990", "epde_1990", "e_radeg",  "e_dedeg",  "posflg",   "corr"};
/// The columns of suppl_1.dat and suppl_2.dat; positions at J1991.25.
constexpr std::array<std::string_view, 18> kSupplement{
    "tyc",    "flag",  "radeg",  "dedeg",    "pmra",   "pmde",     "e_radeg", "e_dedeg", "e_pmra",
    "e_pmde", "mflag", "bt_mag", "e_bt_mag", "vt_mag", "e_vt_mag", "prox",    "tycho1",  "hipccdm"};

template <std::size_t N>
StarTableHead head_of(const std::array<std::string_view, N>& names, double epoch_yr) {
  StarTableHead head;
  head.epoch_yr = epoch_yr;
  for (const std::string_view name : names) {
    StarTableColumn column;
    column.name = name;
    column.is_text = name == "tyc" || name.find("flag") != std::string_view::npos ||
                     name == "hipccdm" || name == "tycho1" || name == "posflg";
    head.columns.push_back(std::move(column));
  }
  return head;
}

}  // namespace

std::optional<StarTableHead> tycho_head(std::string_view line) {
  const auto n_bar = static_cast<std::size_t>(std::ranges::count(line, '|'));
  if (n_bar + 1 != kMain.size() && n_bar + 1 != kSupplement.size()) return std::nullopt;
  const StarCell first{.kind = StarCell::Kind::text, .text = line.substr(0, line.find('|'))};
  if (first.text.size() != 12 || first.text[4] != ' ' || first.text[10] != ' ' || !id_of(first))
    return std::nullopt;
  return n_bar + 1 == kMain.size() ? head_of(kMain, 2000.0) : head_of(kSupplement, 1991.25);
}

}  // namespace skyweft::io
