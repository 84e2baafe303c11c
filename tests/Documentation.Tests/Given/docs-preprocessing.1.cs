Meter model = Meter.Create(1);
StreamState<Meter> state = model.CreateState();
// The block.
