// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/log.hpp"

#include <fmt/format.h>

namespace skyweft {

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  std::size_t n_tail = 0;  // continuation bytes the character begun last still wants
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const unsigned next = i + 1 < text.size() ? static_cast<unsigned char>(text[i + 1]) : 0U;
    bool fine = byte >= 0x20 && byte < 0x7f;
    if (byte >= 0x80 && byte < 0xc0) {
      fine = n_tail > 0;
      n_tail -= fine ? 1 : 0;
    } else {
      n_tail = 0;
      // U+0080 to U+009f (c2 80 to c2 9f) are controls too: U+009b begins a terminal escape.
      if (byte >= 0xc2 && byte < 0xf5 && next >= (byte == 0xc2 ? 0xa0U : 0x80U) && next < 0xc0) {
        fine = true;
        n_tail = byte < 0xe0 ? 1 : byte < 0xf0 ? 2 : 3;
      }
    }
    if (fine)
      out += text[i];
    else
      out += fmt::format("\\x{:02x}", static_cast<unsigned>(byte));
  }
  return out;
}

std::string safe_file_part(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, 64)) {
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    const bool fine = letter || c == '.' || c == '_' || c == '+' || c == '-';
    out += fine ? c : '_';
  }
  if (!out.empty() && (out.front() == '-' || out.front() == '.')) out.front() = '_';
  return out;
}

}  // namespace skyweft
