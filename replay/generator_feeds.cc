// Packets of the generated feeds; see generator_feeds.h.
#include "replay/generator_feeds.h"

#include <stdexcept>

namespace tickgraph {

void MoldFeed::Append(const uint8_t* message, uint32_t size) {
  if (pending_ && !builder_.Add(message, size)) Flush();
  if (!pending_) {
    builder_.Begin(session_, state_.next_sequence);
    if (!builder_.Add(message, size)) throw std::logic_error("an ITCH message does not fit its packet");
    pending_ = true;
    state_.pending_since_ns = now_ns_;
  }
  ++state_.next_sequence;
  ++state_.message_count;
  ++state_.by_type[message[0] & 0x7F];
}

void MoldFeed::Flush() {
  if (!pending_) return;
  pending_ = false;
  ++state_.epoch;
  state_.last_sent_ns = lines_.Send(address_, buffer_.data(), builder_.Finish(), now_ns_, true);
}

void MoldFeed::SendEmpty(bool end) {
  Flush();
  const uint32_t size = end ? EncodeMoldEndOfSession(session_, state_.next_sequence, buffer_.data())
                            : EncodeMoldHeartbeat(session_, state_.next_sequence, buffer_.data());
  state_.last_sent_ns = lines_.Send(address_, buffer_.data(), size, now_ns_, false);
}

void MoldFeed::Heartbeat() { SendEmpty(false); }
void MoldFeed::End() { SendEmpty(true); }

void OpraFeed::BeginIfEmpty() {
  if (pending_) return;
  builder_.Begin(static_cast<uint32_t>(state_.next_sequence), now_ns_);
  pending_ = true;
  state_.pending_since_ns = now_ns_;
}

void OpraFeed::Count(char category) {
  ++state_.next_sequence;
  ++state_.message_count;
  ++state_.by_type[static_cast<uint8_t>(category) & 0x7F];
}

void OpraFeed::Send(const OptionQuote& quote, bool long_form) {
  const auto add = [&] { return long_form ? builder_.AddLong(quote) : builder_.Add(quote); };
  BeginIfEmpty();
  if (!add()) {
    Flush();
    BeginIfEmpty();
    if (!add()) throw std::logic_error("an OPRA quote cannot be written");
  }
  Count(long_form || !FitsShortQuote(quote) ? 'k' : 'q');
}

void OpraFeed::Send(const OptionTrade& trade) {
  BeginIfEmpty();
  if (!builder_.Add(trade)) {
    Flush();
    BeginIfEmpty();
    if (!builder_.Add(trade)) throw std::logic_error("an OPRA trade cannot be written");
  }
  Count('a');
}

void OpraFeed::Flush() {
  if (!pending_) return;
  pending_ = false;
  // A block begun by a message that did not fit holds nothing.
  if (builder_.count() == 0) return;
  ++state_.epoch;
  state_.last_sent_ns = lines_.Send(address_, buffer_.data(), builder_.Finish(), now_ns_, true);
}

void OpraFeed::SendControl(char type) {
  Flush();
  // Line integrity repeats the last number used; every other control takes one.
  const uint64_t sequence = type == 'N' ? state_.next_sequence - 1 : state_.next_sequence++;
  builder_.Begin(static_cast<uint32_t>(sequence), now_ns_);
  if (!builder_.AddControl(type)) throw std::logic_error("an OPRA control cannot be written");
  state_.last_sent_ns = lines_.Send(address_, buffer_.data(), builder_.Finish(), now_ns_, false);
}

void OpraFeed::StartOfDay() { SendControl('C'); }
void OpraFeed::Heartbeat() { SendControl('N'); }

void OpraFeed::End() {
  SendControl('J');
  for (int i = 0; i < 3; ++i) SendControl('N');
}

}  // namespace tickgraph
