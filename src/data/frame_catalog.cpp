// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "data/frame_catalog.hpp"

namespace skyweft {

std::string_view name_of(FrameType type) noexcept {
  switch (type) {
    case FrameType::light:
      return "light";
    case FrameType::bias:
      return "bias";
    case FrameType::dark:
      return "dark";
    case FrameType::flat:
      return "flat";
    case FrameType::unknown:
      return "unknown";
  }
  return "unknown";
}

std::string_view name_of(FrameState state) noexcept {
  switch (state) {
    case FrameState::pending:
      return "pending";
    case FrameState::measured:
      return "measured";
    case FrameState::rejected:
      return "rejected";
  }
  return "pending";
}

}  // namespace skyweft
