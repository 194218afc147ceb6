// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "core/units.hpp"
#include "data/frame_catalog.hpp"
#include "io/camera_keys.hpp"
#include "io/camera_prepared.hpp"

// What one header says, quantity by quantity, in our units; nothing where it says nothing usable.
// All throw Error{bad_input} (test "expression") when an expression does not fit the header.

namespace skyweft::io {

/// Throws Error{bad_input} (test "has_frame_type") when there is none or it is not known.
FrameType type_of(const HeaderView& view, const PreparedCamera& camera);

/// Seconds, above 0 except for a bias. Throws Error{bad_input} (test "has_exposure").
double exposure_of(const HeaderView& view, const PreparedCamera& camera, FrameType type);

std::optional<double> gain_of(const HeaderView& view, const PreparedCamera& camera);
std::optional<double> read_noise_of(const HeaderView& view, const PreparedCamera& camera);
std::optional<double> saturation_of(const HeaderView& view, const PreparedCamera& camera);

/// Degrees Celsius, or NaN.
double temperature_of(const HeaderView& view, const PreparedCamera& camera);
std::optional<SkyPos> pointing_of(const HeaderView& view, const PreparedCamera& camera);

/// Arcseconds per pixel of the raw image.
std::optional<double> scale_of(const HeaderView& view, const PreparedCamera& camera);

/// Printable; empty when there is none.
std::string filter_of(const HeaderView& view, const PreparedCamera& camera);

}  // namespace skyweft::io
