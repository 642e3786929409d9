/// What a step of an erasure came to.
package struct ErasureStep: Sendable, Hashable {
    /// Whether an erasure of this subject began with this step.
    package var hasBegun = false
    package var recordCount = 0
    package var resultCount = 0
    /// Batches that lost their bytes.
    package var batchCount = 0
    /// Refused records that lost their bytes.
    package var refusedCount = 0
    /// Records and results that lie in a batch under way: they go when its receipt has come.
    package var waitingCount = 0
    /// Whether a further step would find something to do at once.
    package var hasMore = false

    package init() {}

    /// Takes a later step in. What waits and what is left are as that one found it.
    package mutating func add(_ later: ErasureStep) {
        hasBegun = hasBegun || later.hasBegun
        recordCount += later.recordCount
        resultCount += later.resultCount
        batchCount += later.batchCount
        refusedCount += later.refusedCount
        waitingCount = later.waitingCount
        hasMore = later.hasMore
    }

    package var isEmpty: Bool { recordCount + resultCount + batchCount + refusedCount == 0 }
}
