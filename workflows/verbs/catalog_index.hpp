// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {

/// Declares `catalog index CATALOG… -o FILE --scales LOW,HIGH`, which makes the all-sky quad index
/// of blind solving.
void declare_catalog_index(CLI::App& catalog_app, Invocation& call);

}  // namespace skyweft::workflows
