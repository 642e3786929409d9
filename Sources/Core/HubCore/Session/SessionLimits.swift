/// The bounds of one device session.
package struct SessionLimits: Sendable, Equatable {
    /// Between two looks at status and list; events of the device shorten it.
    package var pollInterval: Duration = .seconds(30)
    /// Between two looks that events of the device cause. What is announced in between is looked at once, after it.
    package var hintIntervalMin: Duration = .seconds(1)
    /// Live samples that are passed on: so many at once, and so many a second. A device sends at most 32 and 10
    /// (firmware-specs/transport.md, events); a virtual one whose time runs faster sends more. The others are dropped.
    package var liveSampleBurstMax = 512
    package var liveSamplesPerSecondMax = 256
    /// A device waits for its button for so long after a claim (firmware-specs/states/ownership.yaml).
    package var buttonTime: Duration = .seconds(60)
    /// Between two looks whether the button was pressed; an event of the device shortens it.
    package var buttonPollInterval: Duration = .seconds(1)
    /// A self-test is answered when it is done.
    package var selfTestTime: Duration = .seconds(120)
    /// Records asked for in one list request.
    package var listCountMax = 64
    /// List requests in one pass, so that an endless list ends.
    package var listPageCountMax = 64
    /// Acknowledgements in one pass that a device takes for wrong, before the next pass is left to the poll.
    package var disputeCountMax = 3
    /// Records refused in one session before the hub gives the device up for a while.
    package var refusedCountMax = 32
    /// Bytes asked for in one read request.
    package var readLengthMax = 32_768
    /// Times that one record is read again from the start before it is refused.
    package var readAttemptCountMax = 3
    /// Answers short of the asked length that are accepted for one record.
    package var readAnswerCountMax = 4_096
    /// A record that was closed longer ago than this when it arrives is marked backfilled.
    package var backfillAge: Duration = .seconds(3_600)
    /// The hub's wall clock is plausible from here on: only then is a device's clock set.
    package var clockFloorMilliseconds = ClockTrust.releaseFloorMilliseconds

    package init() {}
}
