// Each test starts processes that keep all processors busy; a browser beside them may not answer for minutes.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
