// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/sexagesimal.hpp"

#include "io/header.hpp"

namespace skyweft::io {

std::optional<double> parse_sexagesimal(std::string_view text) {
  text = trimmed(text);
  double sign = 1.0;
  if (text.starts_with('-') || text.starts_with('+')) {
    if (text.front() == '-') sign = -1.0;
    text = trimmed(text.substr(1));
  }
  double value = 0.0;
  double unit = 1.0;
  int n_part = 0;
  while (!text.empty()) {
    const std::size_t stop = text.find_first_of(": ");
    const auto part = number_in(text.substr(0, stop));
    if (!part || *part < 0.0 || n_part >= 3 || (n_part > 0 && *part >= 60.0)) return std::nullopt;
    value += *part * unit;
    unit /= 60.0;
    ++n_part;
    text = stop == std::string_view::npos ? std::string_view{} : trimmed(text.substr(stop + 1));
  }
  return n_part >= 2 ? std::optional{sign * value} : std::nullopt;
}

}  // namespace skyweft::io
