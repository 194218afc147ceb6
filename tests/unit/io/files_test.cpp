// SPDX-FileCopyrightText: skyweft developers
// SPDX-License-Identifier: MIT
#include "io/files.hpp"

#include <fstream>

#include <gtest/gtest.h>
#include <unistd.h>

#include "core/error.hpp"
#include "io/digest.hpp"

namespace skyweft::io {
namespace {

namespace fs = std::filesystem;

class Files : public testing::Test {
 protected:
  void SetUp() override {
    dir_ = fs::path{testing::TempDir()} / ("skyweft_files_" + std::to_string(::getpid()));
    fs::remove_all(dir_);
    fs::create_directories(dir_);
  }
  void TearDown() override { fs::remove_all(dir_); }
  void touch(const fs::path& name) { std::ofstream{dir_ / name} << "x"; }
  fs::path dir_;
};

TEST_F(Files, AreReplacedWhole) {
  write_text_file(dir_ / "a.txt", "one");
  write_text_file(dir_ / "a.txt", "two");
  EXPECT_EQ(read_text_file(dir_ / "a.txt"), "two");
  EXPECT_EQ(std::distance(fs::directory_iterator{dir_}, {}), 1);
}

TEST_F(Files, UncommittedPartsVanish) {
  {
    AtomicFile atomic{dir_ / "b"};
    std::ofstream{atomic.part_name()} << "half";
    EXPECT_TRUE(fs::exists(atomic.part_name()));
  }
  EXPECT_TRUE(fs::is_empty(dir_));
}

TEST_F(Files, LeftoverPartsAreRemovedBelowToo) {
  fs::create_directories(dir_ / "sub");
  touch("sub/x.h5.part.host.12");
  touch("sub/x.h5");
  remove_leftover_parts(dir_);
  EXPECT_FALSE(fs::exists(dir_ / "sub/x.h5.part.host.12"));
  EXPECT_TRUE(fs::exists(dir_ / "sub/x.h5"));
}

TEST_F(Files, InFoldersAndPatternsAreSortedAndUnique) {
  for (const char* name : {"b.FITS", "a.fit.fz", "c.fts", "d.fits.gz", "notes.txt"}) touch(name);
  const auto found = expand_globs({dir_.string(), (dir_ / "*.FITS").string()});
  ASSERT_EQ(found.size(), 4u);
  EXPECT_EQ(found.front().filename(), "a.fit.fz");
  EXPECT_EQ(found.back().filename(), "d.fits.gz");
}

TEST_F(Files, PatternWithoutMatchIsNamed) {
  try {
    expand_globs({(dir_ / "*.nothing").string()});
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.code(), Errc::bad_input);
    EXPECT_NE(e.text().find("*.nothing"), std::string::npos);
  }
}

TEST_F(Files, LargerThanAllowedAreRefused) {
  write_text_file(dir_ / "big", std::string(1000, 'x'));
  EXPECT_THROW(read_text_file(dir_ / "big", 999), Error);
}

TEST_F(Files, WithoutFolderAreRefused) {
  EXPECT_THROW(write_text_file(dir_ / "no" / "a", ""), Error);
}

TEST_F(Files, DigestDoesNotDependOnPieces) {
  const std::string text(3'000'001, 'k');
  write_text_file(dir_ / "k", text);
  Digester digester;
  digester.add(std::as_bytes(std::span{text}).first(17));
  digester.add(std::as_bytes(std::span{text}).subspan(17));
  EXPECT_EQ(digester.hex(), digest_of_text(text));
  EXPECT_EQ(digest_of_file(dir_ / "k"), digest_of_text(text));
}

TEST(Digest, OfNothingIsTheReferenceValue) {
  // XXH3_128bits of no bytes with seed 0, from the algorithm's specification.
  EXPECT_EQ(digest_of_text(""), "99aa06d3014798d86001c324468d497f");
}

}  // namespace
}  // namespace skyweft::io
