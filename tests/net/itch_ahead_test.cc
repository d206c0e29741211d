// The glance over a packet's order messages: what it reads is what the decoder reads, of random messages of every type; and the order in
// which a packet's messages are looked at.
#include "net/proto/itch_ahead.h"

#include <gtest/gtest.h>

#include <random>
#include <string>
#include <vector>

#include "net/proto/itch.h"
#include "net/proto/wire.h"

namespace tickgraph {
namespace {

std::vector<uint8_t> RandomMessage(const MessageSpec& spec, std::mt19937_64& random) {
  std::vector<uint8_t> message(spec.length);
  for (uint8_t& byte : message) byte = static_cast<uint8_t>(random());
  message[0] = static_cast<uint8_t>(spec.type);
  return message;
}

TEST(ItchAheadTest, AGlanceReadsWhatTheDecoderReads) {
  std::mt19937_64 random(20191230);
  for (const MessageSpec& spec : kItchRegistry) {
    for (int i = 0; i < 200; ++i) {
      std::vector<uint8_t> message = RandomMessage(spec, random);
      if (spec.type == 'A' || spec.type == 'F') message[19] = i % 2 == 0 ? 'B' : 'S';
      const auto size = static_cast<uint32_t>(message.size());
      OrderGlance glance;
      OrderMessage decoded;
      const bool is_order = DecodeItchOrder(message.data(), size, 0, &decoded) == DecodeStatus::kOk && decoded.effect != OrderEffect::kNone;
      ASSERT_EQ(GlanceAtItch(message.data(), size, &glance), is_order) << spec.type;
      if (!is_order) break;
      EXPECT_EQ(glance.effect, decoded.effect);
      EXPECT_EQ(glance.locate, decoded.locate);
      EXPECT_EQ(glance.order_ref, decoded.order_ref);
      if (decoded.effect == OrderEffect::kAdd) {
        EXPECT_EQ(glance.side, decoded.side);
        EXPECT_EQ(glance.price_nanos, decoded.price_nanos);
      }
      if (decoded.effect == OrderEffect::kReplace) {
        EXPECT_EQ(glance.new_order_ref, decoded.second);
      }
    }
  }
}

TEST(ItchAheadTest, AMessageOfAnotherLengthThanItsTypesIsLeftToTheDecoder) {
  std::mt19937_64 random(1);
  for (const MessageSpec& spec : kItchRegistry) {
    const std::vector<uint8_t> message = RandomMessage(spec, random);
    for (uint32_t size = 0; size < message.size(); ++size) {
      const std::vector<uint8_t> cut(message.begin(), message.begin() + size);  // so that a read past its end is one past the heap's block
      OrderGlance glance;
      EXPECT_FALSE(GlanceAtItch(cut.data(), size, &glance)) << spec.type << size;
    }
  }
}

struct Looker {
  std::string calls;
  void LookAhead(VenueIndex, const OrderGlance& glance) { calls += "a" + std::to_string(glance.order_ref); }
  void LookFurther(VenueIndex, OrderRef ref) { calls += "f" + std::to_string(ref); }
};

// Deletes of the orders 1, 2, 3 …
std::vector<uint8_t> Deletes(uint32_t count) {
  std::vector<uint8_t> blocks;
  for (uint32_t i = 1; i <= count; ++i) {
    uint8_t message[2 + kItchLength<'D'>] = {};
    StoreBe16(message, kItchLength<'D'>);
    message[2] = 'D';
    ItchPut<'D', "OrderRef">(message + 2, i);
    blocks.insert(blocks.end(), std::begin(message), std::end(message));
  }
  return blocks;
}

TEST(ItchAheadTest, LooksAtAllMessagesOfARangeTwice) {
  const std::vector<uint8_t> blocks = Deletes(5);
  Looker looker;
  LookAheadItch(blocks.data(), 10, 11, 14, 0, looker);
  EXPECT_EQ(looker.calls, "a2a3a4f2f3f4");
}

TEST(ItchAheadTest, ALongPacketIsLookedAtInParts) {
  constexpr uint32_t kCount = 2 * kOrdersAhead + 3;
  const std::vector<uint8_t> blocks = Deletes(kCount);
  Looker looker;
  LookAheadItch(blocks.data(), 1, 1, 1 + kCount, 0, looker);
  std::string expected;
  for (uint32_t first = 1; first <= kCount; first += kOrdersAhead) {
    for (const char* pass : {"a", "f"}) {
      for (uint32_t i = first; i < std::min(first + kOrdersAhead, kCount + 1); ++i) expected += pass + std::to_string(i);
    }
  }
  EXPECT_EQ(looker.calls, expected);
}

TEST(ItchAheadTest, AMessageAloneIsDecodedAtOnce) {
  const std::vector<uint8_t> blocks = Deletes(2);
  Looker looker;
  LookAheadItch(blocks.data(), 10, 11, 12, 0, looker);
  EXPECT_EQ(looker.calls, "");
}

}  // namespace
}  // namespace tickgraph
