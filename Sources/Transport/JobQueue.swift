/// A growing ring of jobs, first in, first out; used by one thread.
struct JobQueue {
    private var storage: [UnownedJob?] = Array(repeating: nil, count: 256)
    private var head = 0
    private(set) var count = 0

    mutating func append(_ job: UnownedJob) {
        if count == storage.count { grow() }
        storage[(head + count) & (storage.count - 1)] = job
        count += 1
    }

    mutating func popFirst() -> UnownedJob? {
        guard count > 0 else { return nil }
        let job = storage[head]
        head = (head + 1) & (storage.count - 1)
        count -= 1
        return job
    }

    private mutating func grow() {
        var larger = [UnownedJob?](repeating: nil, count: storage.count * 2)
        for index in 0..<count { larger[index] = storage[(head + index) & (storage.count - 1)] }
        storage = larger
        head = 0
    }
}
