// Frames in pieces: what goes in comes out, and what a hostile sender claims costs nothing.
#include "client/channel/wire.h"

#include <vector>

#include <gtest/gtest.h>

namespace pai::client {
namespace {

v1::Frame batch(std::size_t bytes) {
  v1::Frame frame;
  auto& tags = *frame.mutable_tag_batch()->mutable_tags();
  tags.resize(bytes);
  for (std::size_t i = 0; i < bytes; i += 997) tags[i] = static_cast<char>(i);
  return frame;
}

std::vector<v1::Frame> pieces_of(const v1::Frame& frame) {
  std::vector<v1::Frame> pieces;
  const auto outgoing = Outgoing::prepare(frame);
  EXPECT_EQ(outgoing->bytes(), frame.ByteSizeLong());
  EXPECT_TRUE(outgoing->write([&](const v1::Frame& piece) {
    pieces.push_back(piece);
    return true;
  }));
  return pieces;
}

v1::Fragment piece(std::uint64_t total, std::string bytes, bool last) {
  v1::Fragment made;
  made.set_total_bytes(total);
  made.set_piece(std::move(bytes));
  made.set_last(last);
  return made;
}

TEST(Wire, ASmallFrameGoesAsItIs) {
  const auto pieces = pieces_of(batch(1000));
  ASSERT_EQ(pieces.size(), 1u);
  EXPECT_TRUE(pieces[0].has_tag_batch());
}

TEST(Wire, ALargeFrameComesBackFromItsPieces) {
  for (const std::size_t bytes : {kFrameBytesMax, kFrameBytesMax + 1, 3 * kFrameBytesMax, 5 * kFrameBytesMax + 17}) {
    const auto frame = batch(bytes);
    const auto pieces = pieces_of(frame);
    ASSERT_GT(pieces.size(), 1u);
    Assembler assembler;
    for (std::size_t i = 0; i < pieces.size(); ++i) {
      ASSERT_LE(pieces[i].ByteSizeLong(), kTransportBytesMax);
      const auto whole = assembler.add(pieces[i].fragment());
      ASSERT_TRUE(whole.ok()) << whole.error().describe();
      ASSERT_EQ(whole->has_value(), i + 1 == pieces.size());
      EXPECT_EQ(assembler.is_idle(), whole->has_value());
      if (*whole) {
        EXPECT_TRUE((*whole)->tag_batch().tags() == frame.tag_batch().tags());
      }
    }
  }
}

TEST(Wire, WritingStopsAtTheFirstPieceThatFails) {
  const auto outgoing = Outgoing::prepare(batch(4 * kFrameBytesMax));
  int calls = 0;
  EXPECT_FALSE(outgoing->write([&](const v1::Frame&) { return ++calls < 2; }));
  EXPECT_EQ(calls, 2);
}

TEST(Wire, AFrameThatNoReceiverWouldTakeIsRefused) {
  const auto outgoing = Outgoing::prepare(batch(kAssembledBytesMax));
  ASSERT_FALSE(outgoing.ok());
  EXPECT_EQ(outgoing.error().code(), ErrorCode::kTooLarge);
}

TEST(Wire, PiecesThatDoNotFitAreRefused) {
  const auto refused = [](std::vector<v1::Fragment> pieces) {
    Assembler assembler(1000);
    for (std::size_t i = 0; i + 1 < pieces.size(); ++i) EXPECT_TRUE(assembler.add(pieces[i]).ok());
    return !assembler.add(pieces.back()).ok();
  };
  EXPECT_TRUE(refused({piece(1001, "x", false)})) << "over the limit";
  EXPECT_TRUE(refused({piece(~std::uint64_t{0}, "x", false)}));
  EXPECT_TRUE(refused({piece(0, "x", true)}));
  EXPECT_TRUE(refused({piece(10, "", false)})) << "empty pieces could go on for ever";
  EXPECT_TRUE(refused({piece(10, "12345", true)})) << "ends early";
  EXPECT_TRUE(refused({piece(5, "12345", false)})) << "does not end";
  EXPECT_TRUE(refused({piece(10, "12345", false), piece(10, "678901", true)})) << "too long";
  EXPECT_TRUE(refused({piece(10, "12345", false), piece(11, "67890", false)})) << "another total";
  EXPECT_TRUE(refused({piece(3, "\xff\xff\xff", true)})) << "no message";
}

TEST(Wire, TheChannelsOwnMessagesDoNotTravelInPieces) {
  v1::Frame goodbye;
  goodbye.mutable_goodbye()->set_message("over");
  v1::Frame nested;
  *nested.mutable_fragment() = piece(1, "x", true);
  for (const auto& frame : {goodbye, nested, v1::Frame()}) {
    const auto bytes = frame.SerializeAsString();
    Assembler assembler;
    EXPECT_FALSE(assembler.add(piece(bytes.size(), bytes, true)).ok());
  }
}

}  // namespace
}  // namespace pai::client
