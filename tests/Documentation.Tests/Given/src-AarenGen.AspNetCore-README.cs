// As it is, in a project of the Web SDK.
