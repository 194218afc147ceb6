// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT

#include "workflows/report/report.hpp"

#include <cstdio>
#include <memory>

#include <fmt/format.h>

#include "workflows/load_config.hpp"
#include "workflows/logging.hpp"
#include "workflows/verbs/verbs.hpp"

namespace skyweft::workflows {

void declare_report(CLI::App& app, Invocation& call) {
  auto root = std::make_shared<std::string>();  // shared: lives as long as the parsed command
  app.add_option("archive", *root, "archive folder")->required();
  app.callback([root, &call] {
    call.action = [root] {
      return guarded([&] {
        const Archive archive{*root};
        write_report(archive, config_of_archive(*root), make_log({}));
        fmt::print("{}\n", (archive.report() / "index.html").string());
        return 0;
      });
    };
  });
}

}  // namespace skyweft::workflows
