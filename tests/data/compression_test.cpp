// Compressed input is read as what is in it; what is not whole is refused.
#include "data/compression.h"

#include <gtest/gtest.h>
#include <zlib.h>
#include <zstd.h>

#include <random>

#include "tests/data/fixtures.h"

namespace marquee::data {
namespace {

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  std::string packed(deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  return packed;
}

std::string zstd(const std::string& text) {
  ZSTD_CCtx* const context = ZSTD_createCCtx();
  ZSTD_CCtx_setParameter(context, ZSTD_c_checksumFlag, 1);  // as the program zstd does
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress2(context, packed.data(), packed.size(), text.data(), text.size()));
  ZSTD_freeCCtx(context);
  return packed;
}

std::string random_text(size_t bytes) {
  std::mt19937 random(3);
  std::string text(bytes, '\0');
  for (char& c : text) c = static_cast<char>('a' + random() % 9);
  return text;
}

class Compression : public testing::TestWithParam<std::string (*)(const std::string&)> {
 protected:
  std::string pack(const std::string& text) const { return GetParam()(text); }
  std::string unpack(const std::string& packed) const {
    return std::string(unpacked(packed, folder_.path()).text());
  }
  std::string refusal(const std::string& packed) const {
    return error_of(folder_, [&] { unpack(packed); });
  }
  const TempFolder folder_;
};

TEST_P(Compression, GivesWhatWasPacked) {
  for (const size_t bytes : {size_t{0}, size_t{1}, size_t{5} << 20}) {
    const std::string text = random_text(bytes);
    EXPECT_TRUE(is_compressed(pack(text)));
    EXPECT_EQ(unpack(pack(text)), text);
  }
  EXPECT_EQ(unpack(pack("ab") + pack("") + pack("cd")), "abcd");  // as `cat a.gz b.gz` makes it
  EXPECT_TRUE(std::filesystem::is_empty(folder_.path()));         // nothing is left behind
}

TEST_P(Compression, RefusesWhatIsNotWhole) {
  const std::string packed = pack(random_text(3 << 20));
  for (const size_t bytes : {packed.size() - 1, packed.size() / 2, size_t{5}}) {
    EXPECT_EQ(refusal(packed.substr(0, bytes)),
              "the compressed data end in the middle; the file is not complete")
        << bytes;
  }
}

TEST_P(Compression, RefusesWhatIsDamagedOrGoesOn) {
  std::string packed = pack(random_text(3 << 20));
  EXPECT_NE(refusal(packed + "more").find("damaged"), std::string::npos);
  packed[packed.size() / 2] ^= 0x40;
  EXPECT_NE(refusal(packed).find("damaged"), std::string::npos);
}

TEST_P(Compression, RefusesWhatIsMeantToFillADisk) {
  const std::string packed = pack(std::string(kAlwaysUnpacked + (1 << 20), '\0'));
  EXPECT_EQ(refusal(packed),
            "the compressed data expand to more than 200 times their size; unpack the file "
            "yourself if that is meant");
  const std::string allowed(kAlwaysUnpacked, '\0');
  EXPECT_EQ(unpack(pack(allowed)), allowed);
}

INSTANTIATE_TEST_SUITE_P(Kinds, Compression, testing::Values(&gzip, &zstd),
                         [](const auto& each) { return each.param == &gzip ? "Gzip" : "Zstd"; });

TEST(CompressedTables, AreReadAsTheirText) {
  const TempFolder folder;
  const std::string text = "user_id,title_id,timestamp\na,x,5\na,y,9\n";
  IngestOptions options = options_for(folder, "");
  options.interactions = {folder.write("one.csv", gzip(text)),
                          folder.write("two.csv.zst", zstd("user_id,title_id,timestamp\nb,y,7\n"))};
  options.titles = {folder.write("titles.gz", gzip("title_id,name\ny,Why\n"))};
  ingest(options);
  const Dataset dataset(folder / "out");
  EXPECT_EQ(histories(dataset), (std::vector<std::string>{"a: x@5 y@9", "b: y@7"}));
  EXPECT_EQ(dataset.catalogue().name(1), "Why");
  EXPECT_EQ(dataset.name(), "one");

  options.out = folder / "other";
  options.interactions = {folder.write("bad.csv.gz", gzip(text + "a,z,soon\n"))};
  EXPECT_TRUE(error_of(folder, [&] { ingest(options); }).starts_with("bad.csv.gz:4: timestamp "));
  options.interactions = {folder.write("cut.csv.gz", gzip(text).substr(0, 20))};
  EXPECT_TRUE(error_of(folder, [&] {
                ingest(options);
              }).starts_with("cut.csv.gz: the compressed data end in the middle"));
}

TEST(Tables, OfTitlesAndUsersMayBeInParts) {
  const TempFolder folder;
  IngestOptions options = options_for(folder, "user_id,title_id,timestamp\na,x,5\nb,y,9\nb,x,7\n");
  options.titles = {folder.write("t1.csv", "title_id,name\ny,Why\n"),
                    folder.write("t2.csv", "title_id,name,year\nx,Ex,1999\n")};
  options.users = {folder.write("u1.csv", "user_id,plan\na,full\n"),
                   folder.write("u2.csv", "user_id,age,plan\nb,18-24,basic\n")};
  ingest(options);
  const Dataset dataset(folder / "out");
  EXPECT_EQ(dataset.catalogue().name(1), "Why");
  EXPECT_EQ(dataset.catalogue().year(2), 1999);
  EXPECT_EQ(dataset.attribute_names(), (std::vector<std::string>{"plan", "age"}));
  EXPECT_EQ(dataset.attribute(0, 0), "full");
  EXPECT_EQ(dataset.attribute(1, 0), "");
  EXPECT_EQ(dataset.attribute(0, 1), "basic");
  EXPECT_EQ(dataset.attribute(1, 1), "18-24");

  options.out = folder / "other";
  options.titles.push_back(folder.write("t3.csv", "title_id,name\nz,Zed\ny,Why\n"));
  EXPECT_TRUE(error_of(folder, [&] { ingest(options); }).starts_with("t3.csv:3: title_id \"y\""));
}

}  // namespace
}  // namespace marquee::data
