// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#pragma once

#include <exception>
#include <optional>
#include <source_location>
#include <string>
#include <string_view>
#include <vector>

namespace skyweft {

/// What went wrong, in the terms that decide what happens next.
enum class Errc {
  usage,       ///< the command line
  bad_config,  ///< the configuration
  bad_input,   ///< a frame, a catalogue: set it aside or stop
  io,          ///< disk, quota, lock
  numeric,     ///< a fit that has no answer
  mpi,         ///< another rank or the network
  internal,    ///< our own mistake
};

/// Exit codes of the program; documented in README and stable (design.md 7).
enum class ExitCode : int {
  complete = 0,
  internal = 1,
  usage = 2,
  bad_config = 3,
  bad_input = 4,
  too_many_rejects = 5,
  out_of_time = 6,
  transient = 7,
  verification_failed = 8,
};

/// The exit code that an uncaught error of this kind ends the program with.
ExitCode exit_code_of(Errc code) noexcept;

/// The code as one lower-case word, for logs and `--json`.
std::string_view name_of(Errc code) noexcept;

/// The quality test that failed, with its numbers: what `skyweft why` answers with.
struct FailedTest {
  std::string name;  ///< "n_matched", "saturated_fraction"
  double measured = 0.0;
  double threshold = 0.0;
};

/// The only exception type of skyweft: a code, a text that says what, where and what to try,
/// the place it was thrown, and the context added on the way up.
class Error : public std::exception {
 public:
  Error(Errc code, std::string text, std::source_location where = std::source_location::current());

  /// Adds one line of context ("frame night1/0012.fits"); call it while rethrowing.
  void during(std::string context);

  /// Attaches the test that failed: `throw Error{...}.because({"n_matched", 3, 6});`
  Error&& because(FailedTest test) &&;

  const std::optional<FailedTest>& test() const noexcept { return test_; }

  Errc code() const noexcept { return code_; }
  const std::string& text() const noexcept { return text_; }
  const std::source_location& where() const noexcept { return where_; }
  const char* what() const noexcept override { return full_.c_str(); }

 private:
  void rebuild();

  Errc code_;
  std::string text_;
  std::optional<FailedTest> test_;
  std::vector<std::string> contexts_;
  std::source_location where_;
  std::string full_;
};

}  // namespace skyweft
