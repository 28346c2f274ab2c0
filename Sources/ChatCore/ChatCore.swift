// ChatCore
