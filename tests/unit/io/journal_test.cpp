// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/journal.hpp"

#include <set>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "support/io_store.hpp"

namespace skyweft::io {
namespace {

using support::ScratchFolder;

JournalEntry entry_of(std::string unit, std::int64_t bytes = 7) {
  return {.unit = std::move(unit),
          .file = "segments/a b.h5",
          .bytes = bytes,
          .digest = "d1",
          .config_digest = "c1"};
}

TEST(Journal, OfMissingFileIsEmpty) {
  const ScratchFolder folder{"journal_empty"};
  const Journal journal{folder / "journal"};
  EXPECT_TRUE(journal.entries().empty());
  EXPECT_EQ(journal.n_damaged(), 0);
  EXPECT_FALSE(journal.find("frames/0"));
}

TEST(Journal, ReadsBackWhatWasAppendedAndTheLatestWins) {
  const ScratchFolder folder{"journal_back"};
  Journal journal{folder / "journal"};
  journal.append(entry_of("frames/0", 1));
  journal.append(entry_of("frames/1", 2));
  journal.append(entry_of("frames/0", 3));
  EXPECT_EQ(journal.find("frames/0")->bytes, 3);
  const Journal again{folder / "journal"};
  EXPECT_EQ(again.entries(), journal.entries());
  EXPECT_EQ(again.find("frames/0"), entry_of("frames/0", 3));
}

TEST(Journal, RefusesTabsAndLineBreaks) {
  const ScratchFolder folder{"journal_tabs"};
  Journal journal{folder / "journal"};
  EXPECT_THROW(journal.append(entry_of("a\tb")), Error);
  EXPECT_THROW(journal.append(entry_of("a\nb")), Error);
}

TEST(Journal, HoldsEveryLineOfProcessesThatAppendTogether) {
  const ScratchFolder folder{"journal_many"};
  constexpr int n_process = 4, n_line = 25;
  std::vector<pid_t> children;
  for (int i = 0; i < n_process; ++i) {
    const pid_t child = ::fork();
    if (child == 0) {
      try {
        Journal journal{folder / "journal"};
        for (int k = 0; k < n_line; ++k)
          journal.append(entry_of(std::to_string(i) + "/" + std::to_string(k)));
      } catch (...) {
        ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  const Journal journal{folder / "journal"};
  std::set<std::string> units;
  for (const JournalEntry& entry : journal.entries()) units.insert(entry.unit);
  EXPECT_EQ(units.size(), std::size_t{n_process * n_line});
  EXPECT_EQ(journal.n_damaged(), 0);
}

TEST(UnitIsDone, OnlyWithItsFileAndItsConfiguration) {
  const ScratchFolder folder{"journal_done"};
  write_text_file(folder / "a.txt", "hello");
  Journal journal{folder / "journal"};
  journal.append(journal_entry_for(folder.path(), "u", "a.txt", "c1"));
  EXPECT_EQ(journal.find("u")->bytes, 5);
  EXPECT_TRUE(unit_is_done(journal, folder.path(), "u", "c1", FileCheck::digest));
  EXPECT_FALSE(unit_is_done(journal, folder.path(), "u", "c2"));
  EXPECT_FALSE(unit_is_done(journal, folder.path(), "v", "c1"));
  write_text_file(folder / "a.txt", "hallo");  // same size, other bytes
  EXPECT_TRUE(unit_is_done(journal, folder.path(), "u", "c1"));
  EXPECT_FALSE(unit_is_done(journal, folder.path(), "u", "c1", FileCheck::digest));
  write_text_file(folder / "a.txt", "hell");
  EXPECT_FALSE(unit_is_done(journal, folder.path(), "u", "c1"));
  std::filesystem::remove(folder / "a.txt");
  EXPECT_FALSE(unit_is_done(journal, folder.path(), "u", "c1"));
}

}  // namespace
}  // namespace skyweft::io
