// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/report/gnuplot.hpp"

#include <cstdio>
#include <cstdlib>
#include <memory>
#include <system_error>

#include <sys/wait.h>

namespace skyweft::workflows {
namespace {

/// The shell reads what a failing gnuplot leaves: writing must not end in SIGPIPE.
constexpr const char* kCommand = "gnuplot 2>/dev/null; code=$?; cat >/dev/null; exit $code";

struct ClosePipe {
  int* status;
  void operator()(std::FILE* f) const noexcept { *status = pclose(f); }
};

}  // namespace

bool have_gnuplot() {
  const char* path = std::getenv("PATH");
  std::string rest = path != nullptr ? path : "";
  while (!rest.empty()) {
    const std::size_t colon = rest.find(':');
    std::error_code closed;  // a folder of PATH that this user may not look into
    if (std::filesystem::exists(std::filesystem::path{rest.substr(0, colon)} / "gnuplot", closed))
      return true;
    rest = colon == std::string::npos ? "" : rest.substr(colon + 1);
  }
  return false;
}

bool draw(const std::filesystem::path& folder, const std::string& script) {
  if (!have_gnuplot()) return false;
  int status = -1;
  {
    const std::unique_ptr<std::FILE, ClosePipe> pipe{popen(kCommand, "w"), ClosePipe{&status}};
    if (pipe == nullptr) return false;
    std::string quoted;  // gnuplot doubles a quote inside quotes
    for (const char c : folder.string())
      quoted += c == '\'' ? std::string{"''"} : std::string(1, c);
    const std::string full = "cd '" + quoted + "'\n" + script + "\n";
    if (std::fwrite(full.data(), 1, full.size(), pipe.get()) != full.size()) return false;
  }
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace skyweft::workflows
