// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include <cstdio>

#include <fmt/format.h>

#include "core/error.hpp"
#include "core/log.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {

int guarded(const std::function<int()>& body) {
  try {
    return body();
  } catch (const Error& error) {
    fmt::print(stderr, "skyweft: error: {}\n", error.what());
    return static_cast<int>(exit_code_of(error.code()));
  } catch (const std::exception& error) {
    fmt::print(stderr,
               "skyweft: internal error: {}; please report it with the command that led here\n",
               error.what());
    return static_cast<int>(ExitCode::internal);
  }
}

}  // namespace skyweft::workflows
