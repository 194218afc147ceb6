// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

namespace skyweft::workflows {

/// The stages of `run`, in order. A change in a section makes its stage and all later ones stale.
enum class Stage { scan, masters, stars, frames, transpose, magfit, epd, tfa, statistics, report };
std::string_view name_of(Stage stage) noexcept;

/// The stage of that name. Throws Error{usage} listing the names.
Stage stage_named(std::string_view name);

/// The stage that makes a unit of the journal: "segment:main-20171220-000", "tfa:0000", "stars" …
Stage stage_of_unit(std::string_view unit) noexcept;

}  // namespace skyweft::workflows
