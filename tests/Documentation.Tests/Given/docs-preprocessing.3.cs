Plant model = Plant.Create(1);
StreamState<Plant> state = model.CreateState();
// The block.
