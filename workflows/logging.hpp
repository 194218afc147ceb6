// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <filesystem>
#include <string>

#include "core/log.hpp"

namespace skyweft::workflows {

/// A sink that writes plain lines "2026-11-21T06:52:03Z info text" to stderr and, when `file` is
/// not empty, appends them to it. Colours only on a terminal without NO_COLOR.
LogSink make_log(const std::filesystem::path& file);

/// A sink that says nothing.
LogSink silent_log();

/// Peak resident memory of this process, MiB.
double peak_memory_mib();

/// UTC now as ISO-8601 with seconds.
std::string utc_now();

}  // namespace skyweft::workflows
