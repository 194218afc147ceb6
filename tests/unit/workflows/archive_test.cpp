// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "workflows/archive.hpp"

#include <gtest/gtest.h>

#include "core/error.hpp"
#include "io/files.hpp"
#include "io/journal.hpp"
#include "support/io_store.hpp"

namespace skyweft::workflows {
namespace {
namespace fs = std::filesystem;
using support::ScratchFolder;

TEST(Archive, ABranchTakesItsBeginningFromTheArchive) {
  const ScratchFolder folder{"archive"};
  const Archive main{folder / "night"};
  main.make_folders();
  const Archive branch = main.branch("other", Stage::epd);
  branch.make_folders();
  EXPECT_TRUE(branch.is_branch());
  EXPECT_FALSE(main.is_branch());
  EXPECT_EQ(branch.root(), folder / "night" / "branches" / "other");
  EXPECT_EQ(branch.shard("magfit", 0), main.shard("magfit", 0));
  EXPECT_EQ(branch.frames_table(), main.frames_table());
  EXPECT_EQ(branch.shard("epd", 0), branch.root() / "lightcurves" / "epd-0000.h5");
  EXPECT_EQ(branch.star_table(), branch.root() / "stars.h5");
  EXPECT_EQ(branch.journal(Stage::magfit), main.journal());
  EXPECT_EQ(branch.journal(Stage::tfa), branch.journal());
  EXPECT_FALSE(fs::exists(branch.root() / "segments"));
}

TEST(Archive, ABranchIsFoundAgainByItsFolderOrName) {
  const ScratchFolder folder{"archive_found"};
  const Archive main{folder / "night"};
  main.branch("other", Stage::tfa).make_folders();
  for (const Archive& again : {Archive{folder / "night" / "branches" / "other" / ""},
                               open_archive((folder / "night").string(), "other")}) {
    EXPECT_TRUE(again.is_branch());
    EXPECT_EQ(again.first_stage(), Stage::tfa);
    EXPECT_EQ(again.shard("epd", 3), main.shard("epd", 3));
  }
  EXPECT_FALSE(open_archive((folder / "night").string(), "").is_branch());
}

TEST(Archive, RefusesBranchesThatCannotBe) {
  const ScratchFolder folder{"archive_refused"};
  const Archive main{folder / "night"};
  for (const char* name : {"", ".", "../up", "a/b"})
    EXPECT_THROW(main.branch(name, Stage::epd), Error) << name;
  const Archive branch = main.branch("one", Stage::epd);
  branch.make_folders();
  EXPECT_THROW(branch.branch("two", Stage::tfa), Error);
  try {
    open_archive((folder / "night").string(), "two");
    FAIL() << "a branch that is not there was opened";
  } catch (const Error& error) {
    EXPECT_NE(std::string{error.what()}.find("one"), std::string::npos) << error.what();
  }
  io::write_text_file(branch.root() / "branch", "nonsense\n");
  EXPECT_THROW(Archive{branch.root()}, Error);
}

TEST(Archive, EpochBlocksAreThoseOfTheJournal) {
  const ScratchFolder folder{"archive_blocks"};
  const Archive main{folder / "night"};
  main.make_folders();
  io::Journal journal{main.journal()};
  for (const char* name : {"20200102-b", "20200101-a", "20200103-c"}) {
    io::write_text_file(main.raw_block(name), name);
    journal.append(io::journal_entry_for(main.root(), std::string{"raw:"} + name,
                                         main.relative(main.raw_block(name), Stage::transpose),
                                         "digest"));
  }
  io::write_text_file(main.raw_block("20200104-d"), "not in the journal");
  journal.withdraw("raw:20200102-b");
  fs::remove(main.raw_block("20200103-c"));
  EXPECT_EQ(main.raw_blocks(), std::vector<fs::path>{main.raw_block("20200101-a")});
}

TEST(Stage, OfUnitsAndNames) {
  EXPECT_EQ(stage_of_unit("segment:main-20171220-000"), Stage::frames);
  EXPECT_EQ(stage_of_unit("raw:20171220-0a1b2c3d"), Stage::transpose);
  EXPECT_EQ(stage_of_unit("tfa:0003"), Stage::tfa);
  EXPECT_EQ(stage_of_unit("report"), Stage::report);
  EXPECT_EQ(stage_named("magfit"), Stage::magfit);
  EXPECT_EQ(name_of(Stage::statistics), "statistics");
  EXPECT_THROW(stage_named("magfitting"), Error);
}

}  // namespace
}  // namespace skyweft::workflows
