// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "data/flags.hpp"

namespace skyweft {
namespace {

template <class Table>
std::string names(const Table& table, std::uint32_t bits) {
  std::string out;
  for (const FlagBit& f : table) {
    if ((bits & f.bit) == 0) continue;
    if (!out.empty()) out += '|';
    out += f.name;
  }
  return out;
}

}  // namespace

std::string source_names(SourceBits bits) {
  return names(source_flag::kTable, bits);
}
std::string mask_names(MaskBits bits) {
  return names(mask::kTable, bits);
}
std::string quality_names(QualityBits bits) {
  return names(quality::kTable, static_cast<std::uint32_t>(bits));
}

}  // namespace skyweft
