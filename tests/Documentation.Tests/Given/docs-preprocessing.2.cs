Fleet model = Fleet.Create(1);
// The block.
