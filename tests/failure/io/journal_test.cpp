// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/journal.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

using support::ScratchFolder;

JournalEntry entry_of(std::string unit) {
  return {.unit = std::move(unit), .file = "f", .bytes = 1, .digest = "d", .config_digest = "c"};
}

TEST(TornJournal, KeepsWholeLinesWhereverItWasCut) {
  const ScratchFolder folder{"journal_torn"};
  Journal journal{folder / "journal"};
  journal.append(entry_of("a"));
  const std::string first = read_text_file(folder / "journal");
  journal.append(entry_of("b"));
  const std::string text = read_text_file(folder / "journal");
  for (std::size_t cut = first.size() + 1; cut < text.size(); ++cut) {
    write_text_file(folder / "cut", text.substr(0, cut));
    Journal torn{folder / "cut"};
    EXPECT_EQ(torn.entries().size(), 1u) << cut;
    EXPECT_EQ(torn.n_damaged(), 1) << cut;
    torn.append(entry_of("c"));  // must not join the torn line
    const Journal after{folder / "cut"};
    EXPECT_TRUE(after.find("a") && after.find("c")) << cut;
    // A line that lacks only its end is whole once the end is there.
    EXPECT_EQ(after.find("b").has_value(), cut + 1 == text.size()) << cut;
  }
}

TEST(DamagedJournal, LosesTheLineOfAnyChangedByteOnly) {
  const ScratchFolder folder{"journal_damaged"};
  Journal journal{folder / "journal"};
  journal.append(entry_of("a"));
  const std::size_t first = read_text_file(folder / "journal").size();
  journal.append(entry_of("b"));
  const std::string text = read_text_file(folder / "journal");
  for (std::size_t i = 0; i + 1 < first; ++i) {
    std::string damaged = text;
    damaged[i] = static_cast<char>(damaged[i] ^ 1);
    write_text_file(folder / "damaged", damaged);
    const Journal read{folder / "damaged"};
    EXPECT_FALSE(read.find("a")) << i;
    EXPECT_TRUE(read.find("b")) << i;
  }
}

TEST(Journal, InAMissingFolderIsAnIoError) {
  const ScratchFolder folder{"journal_nofolder"};
  Journal journal{folder / "missing" / "journal"};
  try {
    journal.append(entry_of("a"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), Errc::io);
  }
}

}  // namespace
}  // namespace skyweft::io
