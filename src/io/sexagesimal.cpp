// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/sexagesimal.hpp"

#include "core/text.hpp"

namespace skyweft::io {

std::optional<double> parse_sexagesimal(std::string_view text) {
  return sexagesimal_spelled(text);
}

}  // namespace skyweft::io
