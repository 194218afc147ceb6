// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "core/error.hpp"

namespace skyweft {

ExitCode exit_code_of(Errc code) noexcept {
  switch (code) {
    case Errc::usage:
      return ExitCode::usage;
    case Errc::bad_config:
      return ExitCode::bad_config;
    case Errc::bad_input:
      return ExitCode::bad_input;
    case Errc::io:
      return ExitCode::transient;
    case Errc::mpi:
      return ExitCode::transient;
    case Errc::numeric:
      return ExitCode::bad_input;
    case Errc::internal:
      return ExitCode::internal;
  }
  return ExitCode::internal;
}

std::string_view name_of(Errc code) noexcept {
  switch (code) {
    case Errc::usage:
      return "usage";
    case Errc::bad_config:
      return "bad_config";
    case Errc::bad_input:
      return "bad_input";
    case Errc::io:
      return "io";
    case Errc::numeric:
      return "numeric";
    case Errc::mpi:
      return "mpi";
    case Errc::internal:
      return "internal";
  }
  return "internal";
}

Error::Error(Errc code, std::string text, std::source_location where)
    : code_(code), text_(std::move(text)), where_(where) {
  rebuild();
}

void Error::during(std::string context) {
  contexts_.push_back(std::move(context));
  rebuild();
}

Error&& Error::because(FailedTest test) && {
  test_ = std::move(test);
  return std::move(*this);
}

void Error::rebuild() {
  full_.clear();
  for (auto it = contexts_.rbegin(); it != contexts_.rend(); ++it) full_ += *it + ": ";
  full_ += text_;
}

}  // namespace skyweft
